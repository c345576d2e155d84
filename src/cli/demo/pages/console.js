import { fleet, looked, mountTop, poll, tokenOf, write, el } from "./demo.js";
import { sketchRows, snippet, showWhy } from "./scene.js";

let person = null;
let alerts = null;

function begin(now) {
  person = looked(now.people);
  document.title = `Console of ${person.name} – upsell demo`;
  mountTop("console", now.people, person);
  write(document.querySelector("#title"), `${person.name}’s backup console`);
  sketchRows();
  alerts = el("upsell-alerts", { src: location.origin, "user-id": person.id, lang: person.language, page: "/devices", "heading-level": "3" });
  alerts.tokenProvider = () => tokenOf(person.id);
  alerts.addEventListener("upsell-loaded", (event) => {
    const calm = document.querySelector("#calm");
    calm.hidden = event.detail.items.length > 0;
    write(calm, `No alerts: every quota that concerns ${person.name.split(" ")[0]} is fine.`);
  });
  document.querySelector("#alerts").append(alerts);
}

poll(async () => {
  const now = await fleet();
  if (!person) begin(now);
  else alerts.refresh?.();
  const current = now.people.find((entry) => entry.id === person.id);
  if (!current) return;
  write(document.querySelector("#lead"), `${current.customer.name}. The alerts are the real <upsell-alerts> element; the console around it is a sketch.`);
  showWhy(current, "console", snippet([
    "<script defer",
    `  src="${location.origin}/widget.js">`,
    "</script>",
    "<upsell-alerts",
    `  src="${location.origin}"`,
    `  user-id="${person.id.slice(0, 8)}-…"`,
    `  lang="${person.language}" page="/devices">`,
    "</upsell-alerts>",
  ]));
});
