// Types each word into the field and waits until the count has changed and the frame is painted; milliseconds each.
async ({ field, count, typed }) => {
  const input = document.querySelector(field);
  const told = document.querySelector(count);
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const answered = (before) =>
    new Promise((done, failed) => {
      const late = setTimeout(() => failed(new Error(`no answer to ${input.value}`)), 5000);
      const look = () => {
        if (told.textContent === before) return requestAnimationFrame(look);
        clearTimeout(late);
        painted().then(done);
      };
      look();
    });
  const times = [];
  for (const word of typed) {
    const before = told.textContent;
    const began = performance.now();
    input.value = word;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await answered(before);
    times.push(performance.now() - began);
  }
  return times;
}
