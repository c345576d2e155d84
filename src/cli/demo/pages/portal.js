import { el, fleet, looked, mountTop, poll, tokenOf, write } from "./demo.js";
import { sketchRows, snippet, showWhy } from "./scene.js";

let person = null;
let shown = "";

function begin(now) {
  person = looked(now.people);
  document.title = `Portal of ${person.name} – upsell demo`;
  mountTop("portal", now.people, person);
  write(document.querySelector("#title"), `${person.name}’s management portal`);
  for (const href of [now.stylesheet, person.customer.brand_stylesheet]) {
    if (href) document.head.append(el("link", { rel: "stylesheet", href }));
  }
  sketchRows();
}

/* Links carry fresh tokens each time; without them the fragment tells whether something changed. */
const withoutLinks = (html) => html.replace(/href="[^"]*"/g, "");

async function showHeader() {
  const path = `/api/upsell/v1/users/${person.id}/header?page=/overview&lang=${person.language}`;
  const headers = { Accept: "text/html", Authorization: `Bearer ${await tokenOf(person.id)}` };
  const response = await fetch(path, { headers, cache: "no-store" });
  if (!response.ok) throw new Error(`${response.status} for the header`);
  const html = await response.text();
  if (withoutLinks(html) === shown) return;
  shown = withoutLinks(html);
  const header = document.querySelector("#header");
  header.innerHTML = html;
  for (const link of header.querySelectorAll("a")) link.target = "_blank";
}

poll(async () => {
  const now = await fleet();
  if (!person) begin(now);
  await showHeader();
  const current = now.people.find((entry) => entry.id === person.id);
  if (!current) return;
  write(document.querySelector("#lead"), `${current.customer.name}. The header is the real HTML fragment of the service; the portal around it is a sketch.`);
  showWhy(current, "portal", snippet([
    "curl -H 'Accept: text/html' \\",
    "  -H \"Authorization: Bearer $TOKEN\" \\",
    `  ${location.origin}/api/upsell/v1\\`,
    `/users/${person.id}/header`,
  ]));
});
