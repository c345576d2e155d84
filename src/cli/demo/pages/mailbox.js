import { clock, el, fleet, get, looked, mountTop, poll, write } from "./demo.js";

const VIEWS = [["html", "HTML"], ["text", "Text"], ["headers", "Headers"]];
const asked = new URLSearchParams(location.search).get("user");

let person;
let known = "";
let open = null;
let view = "html";

function begin(now) {
  person = asked ? looked(now.people) : null;
  mountTop("mailbox", now.people, person, true);
  write(document.querySelector("#title"), person ? `${person.name}’s mailbox` : "Everybody’s mailbox");
  document.title = `${document.querySelector("#title").textContent} – upsell demo`;
}

poll(async () => {
  if (person === undefined) begin(await fleet());
  const { items } = await get(`/demo/api/mails${person ? `?user=${person.id}` : ""}`);
  const now = JSON.stringify(items.map((mail) => mail.id));
  if (now === known) return;
  known = now;
  document.querySelector("#empty").hidden = items.length > 0;
  const list = document.querySelector("#list");
  list.replaceChildren(...items.map(entry));
  mark();
  // On a wide page the newest is opened; on a phone the list comes first.
  if (!open && items.length && matchMedia("(min-width: 56rem)").matches) show(items[0].id);
});

function entry(mail) {
  const button = el("button", { type: "button", "data-id": mail.id },
    el("span", { class: "who" }, person ? mail.from.replace(/ <.*/, "") : mail.to_name || mail.to), el("time", { datetime: mail.at }, clock(mail.at)), el("span", { class: "subject" }, mail.subject));
  button.addEventListener("click", () => show(mail.id));
  return el("li", {}, button);
}

function mark() {
  for (const button of document.querySelectorAll("#list button")) {
    if (Number(button.dataset.id) === open) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

async function show(id) {
  const mail = await get(`/demo/api/mails/${id}`);
  open = id;
  mark();
  document.querySelector("#mail").classList.add("reading");
  const body = el("div", { class: "mail-body", role: "tabpanel", id: "mail-body" });
  const tabs = VIEWS.map(([name, title]) => {
    const tab = el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "mail-body" }, title);
    tab.addEventListener("click", () => choose(name));
    return tab;
  });
  const choose = (name) => {
    view = name;
    tabs.forEach((tab, index) => {
      const chosen = VIEWS[index][0] === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
    body.setAttribute("aria-labelledby", `tab-${name}`);
    body.replaceChildren(content(mail, name));
  };
  const bar = el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the mail" }, ...tabs);
  bar.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs.at(to % tabs.length);
    next.focus();
    next.click();
  });
  const back = el("button", { type: "button", class: "back" }, "‹ All mails");
  back.addEventListener("click", () => {
    open = null;
    document.querySelector("#mail").classList.remove("reading");
    mark();
  });
  document.querySelector("#read").replaceChildren(
    el("header", {}, back, el("h2", {}, mail.subject), el("p", { class: "muted small" }, `${mail.from} → ${mail.to_name ? `${mail.to_name} <${mail.to}>` : mail.to} · ${clock(mail.at)}`), bar), body);
  choose(view);
}

function content(mail, name) {
  if (name === "text") return el("pre", { class: "mail-text", tabindex: "0" }, mail.text);
  if (name === "headers") {
    const rows = mail.headers.map(([header, value]) => el("tr", {}, el("th", { scope: "row" }, header), el("td", {}, value)));
    return el("table", { class: "mail-headers" }, el("tbody", {}, ...rows));
  }
  return el("iframe", { src: `/demo/mails/${mail.id}`, title: mail.subject, sandbox: "allow-popups allow-popups-to-escape-sandbox" });
}
