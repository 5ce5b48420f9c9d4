// Helps a person; every page works without it.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

// What AWS would refuse in a document, said while it is written; AWS has the last word.
for (const area of document.querySelectorAll("textarea[data-check]")) {
  const list = document.querySelector(`[data-faults="${area.name}"]`);
  let waiting;
  const show = (faults) => {
    list.replaceChildren(...faults.map((fault) => {
      const item = document.createElement("li");
      item.textContent = fault;
      return item;
    }));
  };
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      if (!area.value.trim()) { show([]); return; }
      const body = new URLSearchParams({
        csrf: area.form.elements.csrf.value, do: "check", use: area.dataset.check, document: area.value,
      });
      const answer = await fetch("/iam/check", { method: "POST", body });
      if (answer.ok) { show((await answer.json()).faults); }
    }, 300);
  });
}
