// The sketches around the real messages, and the reasons beside them.

import { el, offerName } from "./demo.js";

const DEVICES = [["reception-pc", 82, 30], ["files-01", 64, 44], ["laptop-kl", 74, 22], ["db-backup", 58, 36], ["studio-mac", 70, 28]];

/* Grey bars where a real page has its own things. */
export function sketchRows() {
  const rows = document.querySelector("#rows");
  rows.replaceChildren(...DEVICES.map(([, name, state]) => {
    const bars = [name, state].map((width) => {
      const bar = el("i");
      bar.style.width = `${width}%`;
      return bar;
    });
    return el("div", { class: "row" }, el("b"), ...bars.map((bar) => el("span", {}, bar)));
  }));
}

export function snippet(lines) {
  return el("pre", { class: "snippet", tabindex: "0" }, el("code", {}, lines.join("\n")));
}

let shown = "";

/* Who sees what, and why: the four conditions of this person, then the others of the company. */
export function showWhy(person, page, code) {
  const customer = person.customer;
  const now = JSON.stringify([person.proposal, person.alerts > 0, customer.users.map((user) => [user.id, user.proposal])]);
  if (now === shown) return;
  shown = now;
  const first = person.name.split(" ")[0];
  const fact = (holds, yes, no) => el("li", { class: holds ? "yes" : "no" }, holds ? yes : no);
  const facts = el("ul", { class: "facts" },
    fact(person.admin, "is a company admin", "is no company admin"),
    fact(person.buyer, "is a buyer", "is no buyer"),
    fact(customer.has_shop, `${customer.partner} has a brand and a Buy URL`, `${customer.partner} has set no Buy URL`));
  const others = customer.users.map((user) =>
    el("li", {}, el("a", { href: `/demo/${page}?user=${user.login}`, "aria-current": user.id === person.id ? "true" : null }, user.name), el("span", { class: `pill ${user.proposal || ""}` }, offerName(user.proposal))));
  const told = person.alerts > 0;
  document.querySelector("#why").replaceChildren(
    el("section", { class: "card" }, el("h2", {}, told ? `Why ${first} sees this` : `What ${first} would be told, and why`), facts, verdict(person)),
    el("section", { class: "card" }, el("h2", {}, "The same quota, other eyes"), el("ul", { class: "others" }, ...others)),
    el("section", { class: "card" }, el("h2", {}, "How it gets into a page"), code));
}

function verdict(person) {
  const pill = el("span", { class: `pill ${person.proposal || ""}` }, offerName(person.proposal));
  const words = { buy_now: "So the message offers ", contact_sales: "So the message says " }[person.proposal];
  return el("p", { class: "verdict" }, words || "So nothing is offered: ", pill);
}
