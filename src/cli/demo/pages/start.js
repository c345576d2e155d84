import { ITEMS, clock, el, fleet, mountTop, offerName, poll, quotaBar, roles, svg, write } from "./demo.js";

const ICONS = {
  alert: [["path", { d: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1" }]],
  resolved: [["path", { d: "m5 12.5 4.5 4.5L19 7.5" }]],
  mail: [["path", { d: "M3.5 6h17v12h-17zM3.5 7l8.5 6.5L20.5 7" }]],
  visit: [["path", { d: "M5 12h13M13 6.5l5.5 5.5-5.5 5.5" }]],
  purchase: [["path", { d: "M3 4.5h2.5L8 15.5h10l2-8H6.2M9 19.5h.1M17 19.5h.1" }]],
  usage: [["path", { d: "M4 17 9.5 11l3.5 3.5L20 7" }]],
};

/* The customer whose storage grows over its quota while one looks on. */
const FILLING = "Harbor & Finch Architects";

const cardId = (name) => name.toLowerCase().replace(/[^a-z]+/g, "-");

const customers = new Map();
let shownEvent = 0;

mountTop("", null, null);
poll(async () => {
  const now = await fleet();
  showSteps(now);
  for (const customer of now.customers) {
    if (!customers.has(customer.id)) {
      const made = customerCard(customer);
      customers.set(customer.id, made);
      document.querySelector("#customers").append(made.node);
    }
    customers.get(customer.id).update(customer);
  }
  showFeed(now);
});

function showSteps(now) {
  const steps = document.querySelector("#steps");
  if (steps.children.length) return;
  const admin = now.people.find((person) => person.proposal === "buy_now" && person.alerts > 0) || now.people[0];
  const other = now.people.find((person) => person.customer.id === admin.customer.id && person.proposal !== "buy_now") || admin;
  const first = admin.name.split(" ")[0];
  const made = [
    ["Watch a quota fill up", "Harbor & Finch is close to its limit: first a warning, then an alert.", `#${cardId(FILLING)}`],
    [`See what ${first} sees`, `${first} may buy, so the alert says “Buy now”. ${other.name.split(" ")[0]} gets the same alert with other advice.`, `/demo/console?user=${admin.login}`],
    ["Read the mail", "One mail with everything in it, in the reader’s language and the partner’s colours.", `/demo/mailbox?user=${admin.login}`],
    ["Buy, and see it resolved", "The link tells the shop what is needed. Buy there: the alert is gone everywhere.", `/demo/portal?user=${admin.login}`],
  ];
  steps.append(...made.map(([title, text, href], index) =>
    el("li", {}, el("a", { class: "step card", href }, el("span", { class: "number", "aria-hidden": "true" }, String(index + 1)), el("h2", {}, title), el("p", { class: "muted small" }, text)))));
}

function customerCard(first) {
  const bars = new Map();
  const barBox = el("div", { class: "bars" });
  const body = el("tbody");
  const people = new Map();
  const head = el("tr", {}, ...["Person", "Role", "If a quota is full", "Look at"].map((name) => el("th", { scope: "col" }, name)));
  const node = el("article", { class: "customer card", id: cardId(first.name), "aria-label": first.name },
    el("header", {}, el("h3", {}, first.name), el("span", { class: "partner" }, first.has_shop ? `sold by ${first.partner}` : `sold by ${first.partner}, no shop set up`), el("p", { class: "muted small" }, first.story)),
    barBox, el("table", {}, el("caption", { class: "quiet" }, `People of ${first.name}`), el("thead", {}, head), body));
  const update = (customer) => {
    for (const item of customer.items) {
      if (!bars.has(item.item)) {
        bars.set(item.item, quotaBar(item));
        barBox.append(bars.get(item.item).node);
      }
      bars.get(item.item).update(item);
    }
    for (const person of customer.users) {
      if (!people.has(person.id)) {
        people.set(person.id, personRow(person));
        body.append(people.get(person.id).node);
      }
      people.get(person.id).update(person);
    }
  };
  return { node, update };
}

function personRow(first) {
  const user = `?user=${first.login}`;
  const alerts = el("span", { class: "count" });
  const mails = el("span", { class: "count mails" });
  const own = first.items.map((item) => [item.item, quotaBar(item, `Own ${ITEMS[item.item].toLowerCase()}`)]);
  const name = el("th", { scope: "row" }, el("span", { class: "person" }, first.name), el("span", { class: "lang", title: "Language" }, first.language));
  if (own.length) name.append(el("div", { class: "own" }, ...own.map(([, bar]) => bar.node)));
  const link = (page, text, count) => el("a", { href: `/demo/${page}${user}` }, text, el("span", { class: "quiet" }, ` of ${first.name}`), count);
  const node = el("tr", {}, name,
    el("td", {}, el("span", { class: "roles" }, ...roles(first))),
    el("td", {}, el("span", { class: `pill ${first.proposal || ""}` }, offerName(first.proposal))),
    el("td", { class: "looks" }, link("console", "Console", alerts), link("portal", "Portal", null), link("mailbox", "Mailbox", mails)));
  const update = (person) => {
    write(alerts, person.alerts ? String(person.alerts) : "");
    write(mails, person.mails ? String(person.mails) : "");
    for (const [item, bar] of own) {
      const now = person.items.find((entry) => entry.item === item);
      if (now) bar.update(now);
    }
  };
  return { node, update };
}

function showFeed(now) {
  const feed = document.querySelector("#feed");
  const fresh = now.events.filter((event) => event.number > shownEvent);
  if (!feed.children.length && !fresh.length) {
    feed.append(el("li", { class: "empty" }, "Nothing yet. Wait a moment."));
    return;
  }
  if (fresh.length) feed.querySelector(".empty")?.remove();
  for (const event of fresh.reverse()) {
    const text = el("div", {}, el("b", {}, event.who), " ", el("span", {}, event.text));
    const entry = el("li", { class: `event ${event.kind}` }, svg(ICONS[event.kind] || ICONS.usage, "icon"), text, el("time", { datetime: event.at }, clock(event.at)));
    if (event.kind === "mail") text.lastChild.replaceWith("got ", el("a", { href: `/demo/mailbox${event.login ? `?user=${event.login}` : ""}` }, `“${event.text}”`));
    feed.prepend(entry);
    shownEvent = Math.max(shownEvent, event.number);
  }
  while (feed.children.length > 40) feed.lastElementChild.remove();
}
