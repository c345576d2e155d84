import { ITEMS, amount, el, get, mountTop, post } from "./demo.js";

const MEANINGS = {
  placement: "Where the link was followed",
  user_quota: "User-level quotas that are exceeded (storage: or soon)",
  tenant_quota: "Tenant-level quotas that are exceeded (storage: or soon)",
  user_id: "Who followed the link (API v1 id)",
  tenant_id: "Whose quota it is (API v1 id)",
  page: "The page from where the link was followed",
};

const PLACEMENTS = { email_notification: "a mail", mc_usage_info: "the header of the portal" };

const shop = document.querySelector("#shop");
const given = [...new URLSearchParams(location.search)];

mountTop("shop", null, null);
begin().catch((error) => {
  console.warn(error);
  shop.append(el("p", { class: "muted" }, "The shop does not answer. Is the demo still running?"));
});

async function begin() {
  const brand = el("div", { class: "store" }, el("b", {}, "Nordlicht Store"), el("span", {}, "a made-up partner’s shop: the place a Buy URL leads to"));
  if (!given.some(([name]) => name === "placement")) {
    shop.append(brand, el("section", { class: "card lonely" }, el("h1", {}, "You came without a Buy link"),
      el("p", { class: "muted" }, "A Buy button leads here and tells the shop who comes and what is full. Press one:"),
      el("p", { class: "ways" }, el("a", { class: "button", href: "/demo/console" }, "From the console"), el("a", { class: "button plain", href: "/demo/mailbox" }, "From a mail"), el("a", { class: "button plain", href: "/demo/portal" }, "From the portal"))));
    return;
  }
  const offer = await get(`/demo/api/offer${location.search}`);
  shop.append(brand, el("div", { class: "stage shop" }, el("section", { class: "card checkout", id: "checkout" }), brought()));
  showOffer(offer);
}

function brought() {
  const rows = given.map(([name, value]) => el("tr", {},
    el("th", { scope: "row" }, el("code", {}, name)),
    el("td", {}, el("code", { class: "value" }, ...breakable(value)), el("span", { class: "muted small" }, MEANINGS[name] || "Was in the Buy URL already, and is kept"))));
  return el("section", { class: "card brought" }, el("h2", {}, "What the link brought"), el("table", {}, el("tbody", {}, ...rows)),
    el("p", { class: "muted small" }, "Built at the click, not at the sending: it says what is true now."));
}

/* Lists may break after their commas, not within a name. */
const breakable = (value) => value.split(/(?<=,)/).flatMap((part) => [part, el("wbr")]);

const packs = (line) => (line.unit === "bytes" ? `${line.blocks} × ${amount(line.block, line.unit)}` : `${line.blocks} ${line.blocks === 1 ? "pack" : "packs"} of ${line.block}`);

const price = (amount) => `EUR\u00a0${amount}`;

function showOffer(offer) {
  const box = document.querySelector("#checkout");
  const placement = given.find(([name]) => name === "placement")[1];
  const from = el("p", { class: "muted" }, `You come from ${PLACEMENTS[placement] || "an alert in the console"}.`);
  if (!offer.lines.length) {
    box.replaceChildren(el("h1", {}, "Nothing to buy right now"), from, el("p", {}, offer.customer ? `No quota of ${offer.customer} is full any more.` : "The link names no customer of the demo."), wayBack(offer));
    return;
  }
  const lines = offer.lines.map((line) => el("li", {},
    el("div", {}, el("b", {}, ITEMS[line.item]), el("span", { class: "muted small" }, line.scope === "user" ? `${offer.person?.name ?? "User"}’s own quota` : offer.customer)),
    el("div", { class: "blocks" }, el("b", {}, packs(line)), el("span", { class: "muted small" }, `${amount(line.quota, line.unit)} → ${amount(line.new_quota, line.unit)}`)),
    el("div", { class: "price" }, price(line.price))));
  const buy = el("button", { type: "button", class: "button wide" }, `Buy for ${price(offer.total)} a month`);
  const status = el("p", { class: "small muted", role: "status" }, "Play money. The quota is really raised, as a shop would do it.");
  buy.addEventListener("click", async () => {
    buy.disabled = true;
    try {
      showBought(offer, await order(offer));
    } catch (error) {
      console.warn(error);
      buy.disabled = false;
      status.textContent = "That did not work. Is the demo still running? Try again.";
    }
  });
  const greeting = offer.person ? `Hello ${offer.person.name.split(" ")[0]}, here is what is missing` : "Here is what is missing";
  box.replaceChildren(el("h1", {}, greeting), from, el("ul", { class: "cart" }, ...lines), el("p", { class: "total" }, el("span", {}, "Each month"), el("b", {}, price(offer.total))), buy, status);
}

function order(offer) {
  const number = (name) => Number(given.find(([known]) => known === name)?.[1]) || null;
  return post("/demo/api/buy", { tenant_id: number("tenant_id"), user_id: number("user_id"), lines: offer.lines.map(({ scope, item }) => ({ scope, item })) });
}

function showBought(offer, bought) {
  const lines = bought.lines.map((line) => el("li", {}, el("div", {}, el("b", {}, ITEMS[line.item])), el("div", { class: "blocks" }, `${amount(line.quota, line.unit)} → `, el("b", {}, amount(line.new_quota, line.unit)))));
  const box = document.querySelector("#checkout");
  const title = el("h1", { tabindex: "-1" }, bought.lines.length === 1 ? "Done. The quota is raised." : "Done. The quotas are raised.");
  box.classList.add("done");
  box.replaceChildren(title, el("p", { class: "muted" }, `Console, portal and the links in mails of ${bought.customer} know it already.`), el("ul", { class: "cart" }, ...lines), wayBack(offer));
  title.focus();
}

function wayBack(offer) {
  const user = offer.person ? `?user=${offer.person.login}` : "";
  return el("p", { class: "ways" }, el("a", { class: "button", href: `/demo/console${user}` }, "See the console"), el("a", { class: "button plain", href: `/demo/portal${user}` }, "See the portal"), el("a", { class: "button plain", href: "/" }, "Start page"));
}
