/*
 * <upsell-alerts> and <upsell-header>: quota alerts and usage for a console or portal.
 *
 *   <script src="https://upsell.example/widget.js" defer></script>
 *   <upsell-alerts user-id="1c23…" token-provider="upsellToken"></upsell-alerts>
 *
 * docs/embed.md describes attributes, properties, events and theming. Nothing is inline and nothing
 * else is loaded: "script-src <service>; connect-src <service>" is enough.
 */
(() => {
  "use strict";

  /* From templates/locales; the service puts them in. */
  const WORDS = {};

  const HOME = document.currentScript?.src ? new URL(document.currentScript.src).origin : "";
  const REFRESH_MS = 30_000;
  const LONGEST_PAUSE_MS = 300_000;
  const TIMEOUT_MS = 10_000;
  /* What is younger is not asked for again because a window was focused. */
  const FRESH_MS = 1_000;
  /* How long a page may take to define its token provider before it is warned, and how often to look. */
  const GRACE_MS = 3_000;
  const LOOK_MS = 250;
  const DAY_MS = 86_400_000;
  const SNOOZES = [["day", 1], ["week", 7], ["month", 30]];
  const TONES = { soon: "warning", exceeded: "error", hard_exceeded: "critical" };

  const STYLE = `
    :host { display: block; font: var(--upsell-font, inherit); color: var(--upsell-color, inherit);
      background: var(--upsell-background, transparent);
      --_warning: var(--upsell-warning, #b7791f); --_error: var(--upsell-error, #e5484d); --_critical: var(--upsell-critical, #c2255c);
      --_accent: var(--upsell-accent, #1d4ed8); --_on-accent: var(--upsell-on-accent, #fff);
      --_line: var(--upsell-border, color-mix(in srgb, currentColor 20%, transparent)); --_radius: var(--upsell-radius, 8px); }
    :host([theme="light"]) { color-scheme: light; color: var(--upsell-color, #1f2933); background: var(--upsell-background, #fff); }
    :host([theme="dark"]) { color-scheme: dark; color: var(--upsell-color, #e6eaf0); background: var(--upsell-background, #161b22); }
    :host([hidden]) { display: none; }
    .content { text-align: start; overflow-wrap: anywhere; }
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
    .alert { border: 1px solid var(--_line); border-inline-start: 4px solid var(--_tone); border-radius: var(--_radius); padding: 12px 14px; }
    .warning { --_tone: var(--_warning); } .error { --_tone: var(--_error); } .critical { --_tone: var(--_critical); }
    .snoozed { border-style: dashed; }
    .title, .heading { font: inherit; font-weight: 600; margin: 0; }
    .body, .note { margin: 4px 0 0; } .note { font-size: .9em; }
    .actions { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; margin-top: 10px; }
    a { color: inherit; }
    a.buy, button { font: inherit; border-radius: 6px; padding: 6px 12px; min-height: 32px; box-sizing: border-box; cursor: pointer; }
    a.buy { background: var(--_accent); color: var(--_on-accent); text-decoration: none; font-weight: 600; }
    button { background: transparent; color: inherit; border: 1px solid color-mix(in srgb, currentColor 55%, transparent); }
    a:focus-visible, button:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    .contact { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: center; } .contact a { padding: 4px 0; }
    .holder { position: relative; margin-inline-start: auto; }
    .menu { position: absolute; inset-inline-end: 0; top: calc(100% + 4px); z-index: 10; display: grid; min-width: 9em; padding: 4px;
      background: var(--upsell-background, Canvas); color: var(--upsell-color, CanvasText); border: 1px solid var(--_line);
      border-radius: var(--_radius); box-shadow: 0 6px 20px rgb(0 0 0 / .18); }
    .menu[hidden] { display: none; } .menu button { border: 0; text-align: start; }
    .problem { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; margin: 8px 0; padding-inline-start: 10px; border-inline-start: 4px solid var(--_error); }
    .header { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: end; } .header ul { gap: 4px; margin-top: 2px; }
    .line { display: flex; flex-wrap: wrap; gap: 0 8px; align-items: baseline; max-width: 56ch; } .line .note { flex-basis: 100%; margin: 2px 0 0; }
    .line .item::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-inline-end: 6px; border-radius: 50%; background: var(--_tone, transparent); }
    .line .state { font-weight: 600; }
    .quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (forced-colors: active) { .alert, .problem { border-inline-start-color: Highlight; } }
  `;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);

  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) {
      node.className = className;
      node.setAttribute("part", className);
    }
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const press = (className, text, act) => {
    const button = make("button", className, text);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  };

  /* A name may be written the other way round. */
  const isolated = (node, text) => {
    node.append(make("bdi", "", text));
    return node;
  };

  const webAddress = (text, schemes = ["https:", "http:"]) => {
    const url = URL.parse ? URL.parse(text) : URL.canParse(text) ? new URL(text) : null;
    return url && schemes.includes(url.protocol) ? url : null;
  };

  const isVisible = () => document.visibilityState === "visible";
  const pause = (ms, value) => new Promise((done) => setTimeout(done, ms, value));

  /* A tag of WORDS: the same, else one of the same language, else English. */
  const spoken = (tag) => {
    const tags = Object.keys(WORDS);
    const wanted = (tag || "").toLowerCase();
    const language = (known) => known.toLowerCase().split("-")[0];
    return tags.find((known) => known.toLowerCase() === wanted) || tags.find((known) => language(known) === language(wanted)) || "en";
  };

  /* Links carry fresh tokens each time; everything else tells whether something has changed. */
  const signature = (value) =>
    JSON.stringify(value, (key, entry) => (key === "href" || key === "buy_url" || key === "generated_at" ? undefined : entry));

  /* What one user is shown, by address: elements with the same address share its requests. */
  const feeds = new Map();

  class Feed {
    answer = null;
    problem = null;
    #url;
    #elements = new Set();
    #busy = null;
    #stale = false;
    #timer = null;
    #look = null;
    #failures = 0;
    #since = performance.now();
    #loaded = -Infinity;
    #abort = new AbortController();

    constructor(url) {
      this.#url = url;
    }

    static at(url) {
      if (!feeds.has(url.href)) feeds.set(url.href, new Feed(url));
      return feeds.get(url.href);
    }

    add(element) {
      this.#elements.add(element);
      if (this.answer || this.problem) element.show(this);
      if (this.#elements.size === 1) this.freshen();
    }

    remove(element) {
      this.#elements.delete(element);
      if (this.#elements.size > 0) return;
      feeds.delete(this.#url.href);
      clearTimeout(this.#timer);
      clearTimeout(this.#look);
      this.#abort.abort();
    }

    /* Loads what is not quite fresh; hidden pages wait until they are seen. */
    freshen() {
      if (isVisible() && performance.now() - this.#loaded > FRESH_MS) this.load();
    }

    /* Loads; who asks meanwhile gets the same answer. After a change there is one more. */
    load(changed) {
      if (this.#busy) this.#stale ||= Boolean(changed);
      this.#busy ??= this.#load().finally(() => {
        this.#busy = null;
        if (this.#stale) {
          this.#stale = false;
          this.load();
        }
      });
      return this.#busy;
    }

    async #load() {
      clearTimeout(this.#timer);
      const { problem, response, wait } = await this.call("GET", this.#url);
      if (this.#elements.size === 0) return;
      if (wait) return;
      this.problem = problem;
      if (response) this.answer = response;
      this.#loaded = performance.now();
      this.#failures = problem ? this.#failures + 1 : 0;
      const pauses = problem ? Math.min(REFRESH_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS) : REFRESH_MS;
      this.#timer = setTimeout(() => isVisible() && this.load(), Math.max(pauses, problem?.retryAfter ?? 0));
      for (const element of this.#elements) element.show(this);
    }

    /* {response}, {problem}, or {wait} where the page has not defined its token provider yet. */
    async call(method, url, body) {
      const elements = [...this.#elements];
      const element = elements.find((one) => one.hasToken());
      if (!element) return this.#waitForToken(elements[0]);
      let status = 0;
      let retryAfter = 0;
      let reason = "network";
      try {
        const token = await Promise.race([element.currentToken(), pause(TIMEOUT_MS)]).catch((error) => {
          element.warn(`the token provider ${element.providerName()} failed: ${error}`);
        });
        if (!token) {
          element.warn(`the token provider ${element.providerName()} answered no token`);
          return { problem: { status, reason: "token" } };
        }
        const headers = { Authorization: `Bearer ${token}` };
        if (body) headers["Content-Type"] = "application/json";
        const signals = [AbortSignal.timeout(TIMEOUT_MS)];
        if (method === "GET") signals.push(this.#abort.signal);
        /* Not with cache "no-store": browsers would ask for permission (CORS) each time. The answers say it themselves. */
        const response = await fetch(url, {
          method, headers, body: body && JSON.stringify(body), signal: AbortSignal.any(signals),
          credentials: "omit", referrerPolicy: "no-referrer",
        });
        ({ status } = response);
        reason = "status";
        retryAfter = 1000 * Number(response.headers.get("Retry-After")) || 0;
        if (response.ok) return { response: status === 204 ? {} : await response.json() };
      } catch {
        /* No connection, no answer in time, or the page's origin is not allowed to read it. */
      }
      return { problem: { status, reason, retryAfter } };
    }

    #waitForToken(element) {
      const look = () => {
        if ([...this.#elements].some((one) => one.hasToken())) this.load();
        else this.#look = setTimeout(look, LOOK_MS);
      };
      clearTimeout(this.#look);
      this.#look = setTimeout(look, LOOK_MS);
      const left = this.#since + GRACE_MS - performance.now();
      if (left > 0) {
        this.#timer = setTimeout(() => this.load(), left);
        return { wait: true };
      }
      element?.warn(`no token: set tokenProvider or token, or name a global function in token-provider (now "${element.getAttribute("token-provider") ?? ""}")`);
      return { problem: { status: 0, reason: "token" } };
    }
  }

  const freshen = () => isVisible() && feeds.forEach((feed) => feed.freshen());
  window.addEventListener("focus", freshen);
  document.addEventListener("visibilitychange", freshen);

  class UpsellElement extends HTMLElement {
    static observedAttributes = ["src", "user-id", "lang", "page", "heading-level", "token-provider"];

    feed = null;
    answer = null;
    #token = null;
    #provider = null;
    #scheduled = false;
    #asked = false;
    #shown = null;
    #warned = new Set();
    #status = make("div", "quiet");
    #content = make("div", "content");

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      this.#status.setAttribute("role", "status");
      root.append(this.#status, this.#content);
    }

    connectedCallback() {
      /* A property that was set before the element was defined hides the setter. */
      for (const name of ["token", "tokenProvider"]) {
        if (Object.hasOwn(this, name)) {
          const value = this[name];
          delete this[name];
          this[name] = value;
        }
      }
      this.#schedule();
    }

    disconnectedCallback() {
      this.#follow(null);
    }

    attributeChangedCallback(name, before, after) {
      if (before !== after) this.#schedule();
    }

    set token(value) {
      this.#token = value || null;
      this.refresh();
    }

    set tokenProvider(provider) {
      this.#provider = typeof provider === "function" ? provider : null;
      this.refresh();
    }

    /* Asks the service now. */
    refresh() {
      this.#asked = true;
      this.#schedule();
    }

    /* What a page sets in one go is looked at once. */
    #schedule() {
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        if (!this.isConnected) return;
        const url = this.address(this.constructor.path);
        const feed = url && Feed.at(url);
        if (feed !== this.feed) this.#follow(feed);
        else if (feed && this.#asked) feed.load();
        this.#asked = false;
        this.draw();
      });
    }

    #follow(feed) {
      const before = this.feed;
      this.feed = feed;
      this.answer = null;
      feed?.add(this);
      before?.remove(this);
    }

    address(path) {
      const base = this.getAttribute("src") || HOME;
      const user = this.getAttribute("user-id");
      const missing = !user ? "user-id" : base ? null : "src";
      if (missing) {
        if (this.warn(`the attribute ${missing} is missing`)) this.tell("upsell-error", { action: "load", status: 0, reason: missing });
        return null;
      }
      const url = new URL(`${base.replace(/\/+$/, "")}/api/upsell/v1/users/${encodeURIComponent(user)}/${path}`, document.baseURI);
      if (path !== this.constructor.path) return url;
      const lang = this.getAttribute("lang");
      if (lang) url.searchParams.set("lang", lang);
      const page = this.getAttribute("page") ?? location.origin + location.pathname;
      if (page) url.searchParams.set("page", page.slice(0, 500));
      return url;
    }

    #named() {
      const name = this.getAttribute("token-provider");
      return name && typeof window[name] === "function" ? window[name] : null;
    }

    hasToken() {
      return Boolean(this.#provider || this.#token || this.#named());
    }

    providerName() {
      return (!this.#provider && this.getAttribute("token-provider")) || "tokenProvider";
    }

    async currentToken() {
      const provider = this.#provider || this.#named();
      return provider ? provider(this) : this.#token;
    }

    /* Once for each thing; whether this was the first time. */
    warn(text) {
      if (this.#warned.has(text) || this.#warned.size >= 20) return false;
      this.#warned.add(text);
      console.warn(`<${this.localName}>: ${text}`);
      return true;
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
    }

    get language() {
      const near = this.getAttribute("lang") || this.closest("[lang]")?.lang || navigator.language;
      return this.answer?.lang || spoken(near);
    }

    word(name) {
      return WORDS[spoken(this.language)]?.[name] ?? "";
    }

    date(text) {
      return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
    }

    announce(text) {
      if (this.#status.textContent !== text) this.#status.textContent = text;
    }

    /* Title of an alert, or of a group of quotas: a heading where the page says of which level. */
    heading(className, text) {
      const level = this.getAttribute("heading-level");
      return isolated(make(/^[1-6]$/.test(level) ? `h${level}` : "p", className), text);
    }

    show(feed) {
      this.answer = feed.answer;
      this.draw();
      if (feed.problem) this.tell("upsell-error", { action: "load", ...feed.problem });
      else this.tell("upsell-loaded", feed.answer);
    }

    /* Puts what there is to show in place, and the focus back to where it was. */
    draw() {
      const problem = this.feed?.problem;
      const now = signature([this.answer, problem, this.language, this.getAttribute("heading-level"), this.state?.()]);
      if (now === this.#shown) {
        this.freshenLinks?.(this.answer);
        return;
      }
      if (this.isBusy?.()) return;
      this.#shown = now;
      const lang = this.answer?.lang ?? spoken(this.language);
      for (const node of [this.#status, this.#content]) {
        node.lang = lang;
        node.dir = this.answer?.dir ?? WORDS[lang]?.dir ?? "ltr";
      }
      const nodes = [];
      if (problem) nodes.push(this.problem(this.word(this.constructor.failed), problem, () => this.feed?.load()));
      if (this.answer?.stale && !problem) nodes.push(make("p", "note stale", this.word("stale")));
      if (this.answer) nodes.push(this.render(this.answer));
      const focused = this.shadowRoot.activeElement?.dataset?.key;
      this.#content.replaceChildren(...nodes);
      if (focused) this.#find(focused)?.focus();
    }

    #find(key) {
      return this.#content.querySelector(`[data-key="${CSS.escape(key)}"]`);
    }

    /* What failed, why as far as it helps, and once more. */
    problem(what, { status, reason }, retry) {
      const signedOut = status === 401 || reason === "token";
      const why = signedOut ? "signed_out" : status >= 400 && status < 500 && status !== 429 ? "refused" : "unavailable";
      const box = make("div", "problem");
      box.setAttribute("role", "alert");
      box.append(make("span", "", `${what} ${this.word(why)}`), press("retry", this.word("retry"), retry));
      return box;
    }

    offer(proposal, key) {
      if (!proposal) return null;
      if (proposal.kind === "contact_sales") return this.#contact(proposal);
      const url = webAddress(proposal.href);
      if (!url) return null;
      const link = make("a", "buy", proposal.label);
      link.href = url;
      link.target = "_blank";
      link.rel = "noopener";
      link.dataset.key = key;
      return link;
    }

    #contact({ label, contact }) {
      const box = make("span", "contact");
      box.append(make("strong", "", label));
      if (contact?.phone) {
        const href = contact.phone_href && webAddress(contact.phone_href, ["tel:"]);
        const phone = isolated(make(href ? "a" : "span", "phone"), contact.phone);
        if (href) phone.href = href;
        box.append(phone);
      }
      const url = contact?.url && webAddress(contact.url, ["https:"]);
      if (url) {
        const link = isolated(make("a", "online"), url.host);
        link.href = url;
        link.target = "_blank";
        link.rel = "noopener";
        box.append(link);
      }
      return box;
    }

    freshen(key, proposal) {
      const url = proposal?.href && webAddress(proposal.href);
      const link = this.#find(key);
      if (url && link) link.href = url;
    }
  }

  class UpsellAlerts extends UpsellElement {
    static path = "alerts";
    static failed = "alerts_failed";
    #open = null;
    #titles = null;
    #problems = new Map();

    state() {
      return [...this.#problems];
    }

    /* Nothing moves under an open menu. */
    isBusy() {
      return this.#open !== null;
    }

    render(answer) {
      for (const id of this.#problems.keys()) {
        if (!answer.items.some((alert) => alert.id === id)) this.#problems.delete(id);
      }
      const section = make("section", "alerts");
      section.setAttribute("aria-label", this.word("alerts"));
      const list = make("ul", "list");
      list.setAttribute("role", "list");
      list.append(...answer.items.map((alert) => this.#alert(alert)));
      section.append(list);
      const titles = answer.items.filter((alert) => !alert.snoozed_until).map((alert) => alert.title);
      const fresh = titles.filter((title) => !this.#titles?.includes(title));
      if (fresh.length) this.announce(fresh.join(". "));
      else if (!titles.length && this.#titles?.length) this.announce(this.word("none"));
      this.#titles = titles;
      return section;
    }

    freshenLinks(answer) {
      for (const alert of answer?.items ?? []) this.freshen(`buy ${alert.id}`, alert.proposal);
    }

    #alert(alert) {
      const item = make("li", "alert");
      item.classList.add(alert.severity);
      item.setAttribute("part", `alert ${alert.severity}`);
      item.append(this.heading("title", alert.title));
      if (alert.snoozed_until) {
        item.classList.add("snoozed");
        item.append(make("p", "note", this.word("until").replace("{time}", this.date(alert.snoozed_until))));
      } else {
        item.append(make("p", "body", alert.body));
        if (alert.what_to_buy) item.append(make("p", "note", alert.what_to_buy.text));
      }
      const failed = this.#problems.get(alert.id);
      if (failed) item.append(this.problem(this.word("change_failed"), failed, () => this.#change(alert, failed.until)));
      const actions = make("div", "actions");
      const offer = alert.snoozed_until ? null : this.offer(alert.proposal, `buy ${alert.id}`);
      if (offer) actions.append(offer);
      actions.append(alert.snoozed_until ? this.#wake(alert) : this.#snooze(alert));
      item.append(actions);
      return item;
    }

    #button(word, alert, act) {
      const button = press(word, this.word(word), act);
      button.dataset.key = `snooze ${alert.id}`;
      button.setAttribute("aria-label", `${this.word(word)}: ${alert.title}`);
      return button;
    }

    #wake(alert) {
      return this.#button("wake", alert, () => this.#change(alert, null));
    }

    #snooze(alert) {
      const holder = make("div", "holder");
      const menu = make("div", "menu");
      const button = this.#button("snooze", alert, () => (menu.hidden ? this.#show(button, menu, 0) : this.#close(true)));
      button.setAttribute("aria-haspopup", "menu");
      button.setAttribute("aria-expanded", "false");
      menu.setAttribute("role", "menu");
      menu.setAttribute("aria-label", this.word("snooze"));
      menu.hidden = true;
      for (const [word, days] of SNOOZES) {
        const choice = press("choice", this.word(word), () => {
          this.#close(true);
          this.#change(alert, new Date(Date.now() + days * DAY_MS).toISOString());
        });
        choice.tabIndex = -1;
        choice.setAttribute("role", "menuitem");
        menu.append(choice);
      }
      button.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        event.preventDefault();
        this.#show(button, menu, event.key === "ArrowDown" ? 0 : SNOOZES.length - 1);
      });
      menu.addEventListener("keydown", (event) => this.#key(event, menu));
      holder.addEventListener("focusout", (event) => {
        if (!holder.contains(event.relatedTarget)) this.#close(false);
      });
      holder.append(button, menu);
      return holder;
    }

    #show(button, menu, index) {
      this.#close(false);
      this.#open = { button, menu };
      menu.hidden = false;
      button.setAttribute("aria-expanded", "true");
      menu.children[index].focus();
    }

    #close(refocus) {
      if (!this.#open) return;
      const { button, menu } = this.#open;
      this.#open = null;
      menu.hidden = true;
      button.setAttribute("aria-expanded", "false");
      if (refocus) button.focus();
      /* What came meanwhile. */
      queueMicrotask(() => this.isConnected && this.draw());
    }

    #key(event, menu) {
      const choices = [...menu.children];
      const at = choices.indexOf(this.shadowRoot.activeElement);
      const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: choices.length - 1 };
      if (event.key === "Escape") this.#close(true);
      else if (event.key in moves) choices.at(moves[event.key] % choices.length).focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    /* Snoozes until then, or ends the snooze. */
    async #change(alert, until) {
      const feed = this.feed;
      const url = this.address(`alerts/${encodeURIComponent(alert.id)}/snooze`);
      if (!feed || !url) return;
      const { response, problem } = await feed.call(until ? "POST" : "DELETE", url, until ? { until } : undefined);
      if (response) {
        this.#problems.delete(alert.id);
        feed.load(true);
      } else {
        const failed = problem ?? { status: 0, reason: "token" };
        this.#problems.set(alert.id, { ...failed, until });
        this.tell("upsell-error", { action: until ? "snooze" : "wake", alert: alert.id, ...failed });
      }
      this.draw();
    }
  }

  class UpsellHeader extends UpsellElement {
    static path = "header";
    static failed = "quotas_failed";

    render(answer) {
      const section = make("section", "header");
      section.setAttribute("aria-label", this.word("quotas"));
      const groups = new Map();
      for (const line of answer.items) groups.set(line.group, [...(groups.get(line.group) ?? []), line]);
      for (const [name, lines] of groups) {
        const group = make("div", "group");
        const list = make("ul", "list");
        list.setAttribute("role", "list");
        list.append(...lines.map((line) => this.#line(line)));
        group.append(this.heading("heading", name), list);
        section.append(group);
      }
      const offer = this.offer(answer.proposal, "buy");
      if (offer) section.append(offer);
      return section;
    }

    freshenLinks(answer) {
      this.freshen("buy", answer?.proposal);
    }

    #line(line) {
      const item = make("li", "line");
      if (TONES[line.state]) item.classList.add(TONES[line.state]);
      item.setAttribute("part", `line ${line.state}`);
      item.append(make("span", "item", line.title), make("span", "figures", line.figures));
      if (line.percent) item.append(make("span", "state", line.percent));
      if (line.state !== "ok") item.append(make("span", "label", line.label));
      if (line.what_to_buy) item.append(make("p", "note", line.what_to_buy.text));
      return item;
    }
  }

  for (const [name, element] of [["upsell-alerts", UpsellAlerts], ["upsell-header", UpsellHeader]]) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
})();
