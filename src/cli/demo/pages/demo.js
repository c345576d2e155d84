// What all pages share: the bar on top, who is looked at, figures, quota bars, asking again.

export const POLL_MS = 2000;

export const ITEMS = {
  storage_size: "Storage",
  physical_machines: "Physical machines",
  physical_servers: "Physical servers",
  virtual_machines: "Virtual machines",
  mobile_devices: "Mobile devices",
};

export const STATES = { unlimited: "Unlimited", ok: "Fine", soon: "Soon full", exceeded: "Exceeded", hard_exceeded: "Over the allowance" };

const PAGES = [["", "Start"], ["console", "Console"], ["portal", "Portal"], ["mailbox", "Mailbox"], ["shop", "Shop"]];

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function svg(paths, className) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("aria-hidden", "true");
  node.setAttribute("class", className);
  for (const [tag, attributes] of paths) {
    const part = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
    node.append(part);
  }
  return node;
}

/* Sets text only where it changes, so that selections and screen readers are left in peace. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export async function get(path) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(8000) });
  if (!response.ok) throw new Error(`${response.status} for ${path}`);
  return response.json();
}

export async function post(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(8000) });
  if (!response.ok) throw new Error(`${response.status} for ${path}`);
  return response.json();
}

/* Asks again and again while the page is looked at; says so when nobody answers any more. */
export function poll(ask) {
  const note = el("div", { class: "lost", role: "status" });
  document.querySelector("main").before(note);
  let failures = 0;
  const once = async () => {
    if (document.visibilityState === "visible") {
      try {
        await ask();
        failures = 0;
        note.replaceChildren();
      } catch (error) {
        failures += 1;
        console.warn(error);
        if (failures === 2) note.append(el("p", {}, "The demo does not answer. If you stopped it, run “upsell demo” again and reload."));
      }
    }
    setTimeout(once, POLL_MS);
  };
  once();
}

const tokens = new Map();

/* A short-lived token for one user, as a portal's backend hands it to a page of this user. */
export async function tokenOf(user) {
  const known = tokens.get(user);
  if (known && known.until > Date.now()) return known.token;
  const issued = await post("/demo/api/token", { user_id: user });
  tokens.set(user, { token: issued.access_token, until: Date.now() + (issued.expires_in - 30) * 1000 });
  return issued.access_token;
}

export async function fleet() {
  const answer = await get("/demo/api/fleet");
  answer.people = answer.customers.flatMap((customer) => customer.users.map((user) => ({ ...user, customer })));
  return answer;
}

/* The user that the address names, else one who has something to see. */
export function looked(people) {
  const asked = new URLSearchParams(location.search).get("user");
  return (
    people.find((person) => person.login === asked) ||
    people.find((person) => person.proposal === "buy_now" && person.alerts > 0) ||
    people[0]
  );
}

export function roleText(person) {
  if (person.admin && person.buyer) return "admin and buyer";
  if (person.admin) return "admin";
  return person.buyer ? "buyer" : "neither admin nor buyer";
}

export function roles(person) {
  const badges = [];
  if (person.admin) badges.push(el("span", { class: "role" }, "Admin"));
  if (person.buyer) badges.push(el("span", { class: "role" }, "Buyer"));
  return badges.length ? badges : [el("span", { class: "role none" }, "neither")];
}

/* What a person is offered where a quota is full. */
export function offerName(proposal) {
  return { buy_now: "Buy now", contact_sales: "Contact sales" }[proposal] || "Message only";
}

export function mountTop(page, people, person, everybody = false) {
  const top = document.querySelector(".top");
  const user = person ? `?user=${person.login}` : "";
  const links = PAGES.map(([path, name]) => {
    const keeps = path && path !== "shop" ? user : "";
    return el("a", { href: path ? `/demo/${path}${keeps}` : "/", "aria-current": path === page ? "page" : null }, name);
  });
  const mark = svg([["rect", { class: "tile", width: 24, height: 24, rx: 6 }], ["path", { class: "mark", d: "M6 15.5 10.5 11l3 3L18.5 8.5M14 8h4.5v4.5" }]], "");
  const inside = el("div", { class: "top-in" }, el("a", { class: "logo", href: "/" }, mark, "upsell", el("span", {}, "demo")), el("nav", { "aria-label": "Demo" }, ...links));
  if (people) inside.append(personaSelect(people, person, everybody));
  top.replaceChildren(inside);
}

function personaSelect(people, person, everybody) {
  const select = el("select", { "aria-label": "Look at it as" });
  if (everybody) select.append(el("option", { value: "" }, "everybody"));
  for (const customer of new Set(people.map((entry) => entry.customer))) {
    const group = el("optgroup", { label: customer.name });
    for (const entry of customer.users) group.append(el("option", { value: entry.login }, `${entry.name}, ${roleText(entry)}`));
    select.append(group);
  }
  select.value = person ? person.login : "";
  select.addEventListener("change", () => {
    location.search = select.value ? `?user=${select.value}` : "";
  });
  return el("label", { class: "persona" }, el("span", {}, "Seen as"), select);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function amount(value, unit) {
  if (unit !== "bytes") return value.toLocaleString("en");
  let power = 0;
  let scaled = value;
  while (scaled >= 1024 && power < UNITS.length - 1) {
    scaled /= 1024;
    power += 1;
  }
  return `${scaled.toLocaleString("en", { maximumFractionDigits: 2 })}\u00a0${UNITS[power]}`;
}

export function clock(text) {
  return new Date(text).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/* A quota with its bar; `update` moves it. Beyond the quota a mark shows where the quota is. */
export function quotaBar(first, title = ITEMS[first.item]) {
  const pill = el("span", { class: "pill" });
  const figures = el("span", { class: "figures" });
  const fill = el("i");
  const mark = el("b");
  const percent = el("b");
  const of = el("span");
  figures.append(of, percent);
  const name = el("span", { class: "name" }, title);
  const node = el("div", { class: "quota" }, el("div", { class: "line" }, name, pill), el("div", { class: "meter" }, fill, mark), figures);
  const update = (item) => {
    const used = Number(item.utilization ?? 0);
    const scale = Math.max(100, used);
    node.className = `quota ${item.state}`;
    pill.className = `pill ${item.state}`;
    pill.hidden = item.state === "ok";
    write(pill, STATES[item.state] || item.state);
    write(of, item.figures);
    write(percent, item.percent ?? "");
    fill.style.width = `${(used / scale) * 100}%`;
    mark.style.left = `calc(${(100 / scale) * 100}% - 2px)`;
    mark.hidden = used <= 100;
  };
  update(first);
  return { node, update };
}
