/* Before the first paint: the chosen theme, and the word that scripts run. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("agentchaos-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch { /* a browser that keeps nothing for files: the system's theme it is */ }
})();
