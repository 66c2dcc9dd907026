/* Timelines: what list and details already do, made quicker. Everything is delegated, so that what comes later works too. */
(() => {
  "use strict";
  const line = (element) => (element instanceof Element ? element.closest(".tl-chart li") : null);
  const calls = (element) => [...element.closest(".tl-chart").querySelectorAll("summary")];

  /* A click beside the words, in the drawing, opens the call that the line belongs to. */
  document.addEventListener("click", (event) => {
    const here = line(event.target);
    if (!here || event.target.closest("summary, dl, a, button") || String(getSelection())) return;
    const of = (here.dataset.of || "").split(" ")[0];
    const own = here.querySelector("details") || (of && callOf(here, of));
    if (own) own.open = !own.open;
  });
  const callOf = (here, of) => {
    const row = [...here.parentElement.children].find((one) => one.classList.contains("tl-call") && (one.dataset.of || "").split(" ")[0] === of);
    return row ? row.querySelector("details") : null;
  };

  /* Pointing at a line shows what else belongs to its call, and the other attempts of it. */
  let shown = [];
  const show = (here) => {
    shown.forEach((one) => one.classList.remove("tl-hot", "tl-kin"));
    shown = [];
    if (!here || !here.dataset.of) return;
    const [of, series] = here.dataset.of.split(" ");
    for (const one of here.parentElement.children) {
      if (!one.dataset.of) continue;
      const [its, other] = one.dataset.of.split(" ");
      if (its === of) one.classList.add("tl-hot");
      else if (series && other === series) one.classList.add("tl-kin");
      else continue;
      shown.push(one);
    }
  };
  document.addEventListener("pointerover", (event) => show(line(event.target)));
  document.addEventListener("focusin", (event) => show(line(event.target)));

  /* Up and down walk from call to call. */
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = event.target;
    if (!step || event.altKey || event.ctrlKey || event.metaKey || !here.matches || !here.matches(".tl-chart summary")) return;
    const all = calls(here);
    const next = all[all.indexOf(here) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /* #trial-3f2a/op-48 opens that call; an op without a line of its own is shown by the last line before it. */
  const reveal = () => {
    let hash = "";
    try { hash = decodeURIComponent(location.hash.slice(1)); } catch { return false; }
    const found = /^(trial-.+)\/op-(\d+)$/.exec(hash);
    if (!found) return false;
    const timeline = document.getElementById(found[1]);
    if (!timeline) return false;
    let target = document.getElementById(hash);
    if (!target) {
      const rows = [...timeline.querySelectorAll(".tl-chart li[id]")];
      target = rows.filter((row) => Number(row.id.split("/op-").pop()) <= Number(found[2])).pop();
    }
    if (!target) return false;
    for (let around = target.parentElement; around; around = around.parentElement) {
      if (around.tagName === "DETAILS") around.open = true;
      if (around.hidden) around.hidden = false;
    }
    const own = target.querySelector("details") || callOf(target, (target.dataset.of || "").split(" ")[0]);
    if (own) {
      own.open = true;
      own.querySelector("summary").focus({ preventScroll: true });
    }
    target.scrollIntoView({ block: "center" });
    return true;
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("agentchaos:timeline", reveal);
  if (document.readyState === "complete") reveal();
  else addEventListener("load", reveal); /* sooner, and the browser takes the focus away again when it follows the address */
})();
