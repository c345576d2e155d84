/*
 * <upsell-alerts> and <upsell-header>: quota alerts and usage for a backup console or portal.
 *
 *   <script src="https://upsell.example/widget.js" defer></script>
 *   <upsell-alerts src="https://upsell.example" user-id="1c23…" lang="de"></upsell-alerts>
 *
 * Attributes: src (base URL), user-id, lang, page, token-provider (name of a global function).
 * Properties: token (a user's access token) or tokenProvider (a function that answers one, also
 * as a promise; it is asked before each request). A token is sent as a header, never in a URL.
 * Events, bubbling: upsell-loaded {detail: answer}, upsell-error {detail: {status}}.
 * Theming: the custom properties of :host below, and ::part(alert title body buy contact snooze …).
 * Works under "script-src <base>; connect-src <base>" alone: nothing is inline.
 */
(() => {
  "use strict";

  const REFRESH_MS = 30_000;
  const TIMEOUT_MS = 10_000;
  const DAY_MS = 86_400_000;

  const WORDS = {
    en: ["Quota alerts", "Quotas", "Snooze", "1 day", "1 week", "30 days", "Show again", "Snoozed until {0}", "No alerts", "Quota alerts could not be loaded", "Tenant", "You", "unlimited", "{0} of {1}"],
    de: ["Kontingentwarnungen", "Kontingente", "Später erinnern", "1 Tag", "1 Woche", "30 Tage", "Wieder anzeigen", "Ausgeblendet bis {0}", "Keine Warnungen", "Kontingentwarnungen konnten nicht geladen werden", "Mandant", "Sie", "unbegrenzt", "{0} von {1}"],
    es: ["Alertas de cuota", "Cuotas", "Posponer", "1 día", "1 semana", "30 días", "Mostrar de nuevo", "Pospuesta hasta {0}", "Sin alertas", "No se pudieron cargar las alertas de cuota", "Inquilino", "Usted", "ilimitado", "{0} de {1}"],
    fr: ["Alertes de quota", "Quotas", "Reporter", "1 jour", "1 semaine", "30 jours", "Afficher de nouveau", "Reportée jusqu’au {0}", "Aucune alerte", "Les alertes de quota n’ont pas pu être chargées", "Tenant", "Vous", "illimité", "{0} sur {1}"],
    it: ["Avvisi sulle quote", "Quote", "Posticipa", "1 giorno", "1 settimana", "30 giorni", "Mostra di nuovo", "Posticipato fino al {0}", "Nessun avviso", "Impossibile caricare gli avvisi sulle quote", "Tenant", "Lei", "illimitato", "{0} di {1}"],
    ja: ["クォータのアラート", "クォータ", "スヌーズ", "1日", "1週間", "30日", "再表示", "{0}までスヌーズ中", "アラートはありません", "クォータのアラートを読み込めませんでした", "テナント", "あなた", "無制限", "{1}中{0}"],
    pt: ["Alertas de cota", "Cotas", "Adiar", "1 dia", "1 semana", "30 dias", "Mostrar de novo", "Adiado até {0}", "Nenhum alerta", "Não foi possível carregar os alertas de cota", "Locatário", "Você", "ilimitado", "{0} de {1}"],
    ru: ["Оповещения о квотах", "Квоты", "Отложить", "1 день", "1 неделя", "30 дней", "Показать снова", "Отложено до {0}", "Оповещений нет", "Не удалось загрузить оповещения о квотах", "Тенант", "Вы", "без ограничений", "{0} из {1}"],
  };
  const WORD = { alerts: 0, quotas: 1, snooze: 2, day: 3, week: 4, month: 5, wake: 6, until: 7, none: 8, failed: 9, tenant: 10, user: 11, unlimited: 12, of: 13 };
  const ITEMS = {
    en: ["Storage", "Physical machines", "Physical servers", "Virtual machines", "Mobile devices"],
    de: ["Speicher", "Physische Computer", "Physische Server", "Virtuelle Maschinen", "Mobilgeräte"],
    es: ["Almacenamiento", "Máquinas físicas", "Servidores físicos", "Máquinas virtuales", "Dispositivos móviles"],
    fr: ["Stockage", "Machines physiques", "Serveurs physiques", "Machines virtuelles", "Appareils mobiles"],
    it: ["Archiviazione", "Macchine fisiche", "Server fisici", "Macchine virtuali", "Dispositivi mobili"],
    ja: ["ストレージ", "物理マシン", "物理サーバー", "仮想マシン", "モバイルデバイス"],
    pt: ["Armazenamento", "Máquinas físicas", "Servidores físicos", "Máquinas virtuais", "Dispositivos móveis"],
    ru: ["Хранилище", "Физические машины", "Физические серверы", "Виртуальные машины", "Мобильные устройства"],
  };
  const ITEM_NAMES = ["storage_size", "physical_machines", "physical_servers", "virtual_machines", "mobile_devices"];
  const SNOOZES = [["day", 1], ["week", 7], ["month", 30]];
  const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

  const STYLE = `
    :host { display: block; font: var(--upsell-font, 14px/1.45 system-ui, sans-serif); color: var(--upsell-color, #1f2933);
      --_warning: var(--upsell-warning, #8a5a00); --_error: var(--upsell-error, #b42318); --_critical: var(--upsell-critical, #7a0b0b);
      --_accent: var(--upsell-accent, #1d4ed8); --_on-accent: var(--upsell-on-accent, #fff);
      --_border: var(--upsell-border, #d5dae1); --_background: var(--upsell-background, #fff); --_radius: var(--upsell-radius, 8px); }
    :host([hidden]) { display: none; }
    @media (prefers-color-scheme: dark) { :host { color: var(--upsell-color, #e6eaf0); --_warning: var(--upsell-warning, #f2b84b);
      --_error: var(--upsell-error, #ff8a80); --_critical: var(--upsell-critical, #ffb4ab); --_accent: var(--upsell-accent, #8ab4ff);
      --_on-accent: var(--upsell-on-accent, #0b1b33); --_border: var(--upsell-border, #3b4453); --_background: var(--upsell-background, #161b22); } }
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
    .alert { position: relative; background: var(--_background); border: 1px solid var(--_border); border-inline-start: 4px solid var(--_tone);
      border-radius: var(--_radius); padding: 12px 14px; }
    .warning { --_tone: var(--_warning); } .error { --_tone: var(--_error); } .critical { --_tone: var(--_critical); }
    .snoozed { opacity: .75; }
    .title { font-weight: 600; margin: 0; font-size: 1em; } .body { margin: 4px 0 0; } .note { margin: 4px 0 0; font-size: .9em; }
    .actions { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 10px; }
    a.buy, button { font: inherit; border-radius: 6px; padding: 6px 12px; min-height: 32px; box-sizing: border-box; cursor: pointer; }
    a.buy { background: var(--_accent); color: var(--_on-accent); text-decoration: none; font-weight: 600; }
    button { background: transparent; color: inherit; border: 1px solid var(--_border); }
    a.buy:focus-visible, button:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
    .contact { font-weight: 600; }
    .holder { position: relative; margin-inline-start: auto; }
    .menu { position: absolute; inset-inline-end: 0; top: calc(100% + 4px); z-index: 10; display: grid; min-width: 9em; padding: 4px;
      background: var(--_background); border: 1px solid var(--_border); border-radius: var(--_radius); box-shadow: 0 6px 20px rgb(0 0 0 / .18); }
    .menu[hidden] { display: none; } .menu button { border: 0; text-align: start; }
    .line { display: flex; flex-wrap: wrap; gap: 0 8px; align-items: baseline; max-width: 52ch; } .line .note { flex-basis: 100%; margin: 2px 0 0; }
    .line .state { color: var(--_tone, inherit); font-weight: 600; }
    .header { display: flex; flex-wrap: wrap; gap: 12px 20px; align-items: center; } .header ul { display: flex; flex-wrap: wrap; gap: 6px 20px; }
    .quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (forced-colors: active) { .alert { border-inline-start-color: Highlight; } }
    @media (prefers-reduced-motion: no-preference) { .alert { transition: opacity .2s; } }
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

  /* Only what leads to a web page becomes a link. */
  const safeHref = (text) => {
    try {
      const url = new URL(text);
      return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
    } catch {
      return null;
    }
  };

  /* Links carry fresh tokens each time; everything else tells whether something has changed. */
  const signature = (answer) =>
    JSON.stringify(answer, (key, value) => (key === "href" || key === "buy_url" || key === "generated_at" ? undefined : value));

  class UpsellElement extends HTMLElement {
    static observedAttributes = ["src", "user-id", "lang", "page"];

    #token = null;
    #provider = null;
    #timer = null;
    #abort = null;
    #signature = null;
    #status = make("div", "quiet");
    #refresh = () => this.refresh();
    #onVisibility = () => document.visibilityState === "visible" && this.refresh();
    content = make("div", "content");
    answer = null;

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      this.#status.setAttribute("role", "status");
      this.#status.setAttribute("aria-live", "polite");
      root.append(this.#status, this.content);
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
      window.addEventListener("focus", this.#refresh);
      document.addEventListener("visibilitychange", this.#onVisibility);
      this.refresh();
    }

    disconnectedCallback() {
      window.removeEventListener("focus", this.#refresh);
      document.removeEventListener("visibilitychange", this.#onVisibility);
      clearTimeout(this.#timer);
      this.#abort?.abort();
    }

    attributeChangedCallback(name, before, after) {
      if (before === after || !this.isConnected) return;
      this.#signature = null;
      this.refresh();
    }

    set token(value) {
      this.#token = value || null;
      if (this.isConnected) this.refresh();
    }

    set tokenProvider(provider) {
      this.#provider = typeof provider === "function" ? provider : null;
      if (this.isConnected) this.refresh();
    }

    get language() {
      return this.getAttribute("lang") || document.documentElement.lang || navigator.language || "en";
    }

    word(name, ...values) {
      const words = WORDS[this.language.slice(0, 2).toLowerCase()] || WORDS.en;
      return words[WORD[name]].replace(/\{(\d)\}/g, (_, index) => values[index]);
    }

    itemName(item) {
      const names = ITEMS[this.language.slice(0, 2).toLowerCase()] || ITEMS.en;
      return names[ITEM_NAMES.indexOf(item)] || item;
    }

    number(value, options) {
      try {
        return new Intl.NumberFormat(this.language, options).format(value);
      } catch {
        return String(value);
      }
    }

    date(text) {
      try {
        return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
      } catch {
        return text;
      }
    }

    amount(value, unit) {
      if (unit !== "bytes") return this.number(value);
      let power = 0;
      let scaled = value;
      while (scaled >= 1024 && power < UNITS.length - 1) {
        scaled /= 1024;
        power += 1;
      }
      return `${this.number(scaled, { maximumFractionDigits: 1 })}\u00a0${UNITS[power]}`;
    }

    announce(text) {
      if (this.#status.textContent !== text) this.#status.textContent = text;
    }

    async currentToken() {
      const named = this.getAttribute("token-provider");
      const provider = this.#provider || (named && typeof window[named] === "function" ? window[named] : null);
      return provider ? await provider(this) : this.#token;
    }

    async call(method, path, body) {
      const base = this.getAttribute("src");
      const user = this.getAttribute("user-id");
      const token = await this.currentToken();
      if (!base || !user || !token) return null;
      const url = new URL(`${base.replace(/\/+$/, "")}/api/upsell/v1/users/${encodeURIComponent(user)}/${path}`, document.baseURI);
      if (method === "GET") {
        const lang = this.getAttribute("lang");
        if (lang) url.searchParams.set("lang", lang);
        const page = this.getAttribute("page") ?? location.origin + location.pathname;
        if (page) url.searchParams.set("page", page.slice(0, 500));
      }
      const headers = { Authorization: `Bearer ${token}` };
      if (body) headers["Content-Type"] = "application/json";
      const limit = AbortSignal.timeout(TIMEOUT_MS);
      const signal = method === "GET" ? AbortSignal.any([limit, this.#abort.signal]) : limit;
      return fetch(url, { method, headers, body: body && JSON.stringify(body), signal, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" });
    }

    async refresh() {
      clearTimeout(this.#timer);
      this.#abort?.abort();
      const abort = new AbortController();
      this.#abort = abort;
      try {
        const response = await this.call("GET", this.constructor.path);
        if (abort.signal.aborted) return;
        if (response?.ok) this.#show(await response.json());
        else if (response) this.#fail(response.status);
      } catch {
        if (!abort.signal.aborted) this.#fail(0);
      }
      if (!abort.signal.aborted && this.isConnected) this.#timer = setTimeout(this.#refresh, REFRESH_MS);
    }

    #show(answer) {
      this.answer = answer;
      const now = signature(answer) + this.language;
      if (now === this.#signature) {
        this.freshenLinks(answer);
      } else if (this.render(answer)) {
        this.#signature = now;
      }
      this.dispatchEvent(new CustomEvent("upsell-loaded", { bubbles: true, composed: true, detail: answer }));
    }

    /* What was shown stays: old figures say more than none. */
    #fail(status) {
      if (!this.answer) this.announce(this.word("failed"));
      this.dispatchEvent(new CustomEvent("upsell-error", { bubbles: true, composed: true, detail: { status } }));
    }

    offer(proposal, key) {
      if (!proposal) return null;
      const href = proposal.kind === "buy_now" ? safeHref(proposal.href) : null;
      if (!href) return proposal.kind === "contact_sales" ? make("span", "contact", proposal.label) : null;
      const link = make("a", "buy", proposal.label);
      link.href = href;
      link.target = "_blank";
      link.rel = "noopener";
      link.dataset.key = key;
      return link;
    }

    freshen(key, proposal) {
      const href = proposal && safeHref(proposal.href);
      const link = this.content.querySelector(`a[data-key="${CSS.escape(key)}"]`);
      if (href && link) link.href = href;
    }

    /* Puts new content in place and the focus back to where it was. */
    replace(...nodes) {
      const focused = this.shadowRoot.activeElement?.dataset?.key;
      this.content.replaceChildren(...nodes);
      if (focused) this.content.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  class UpsellAlerts extends UpsellElement {
    static path = "alerts";
    #open = null;
    #titles = null;

    render(answer) {
      if (this.#open) return false;
      const section = make("section", "alerts");
      section.setAttribute("aria-label", this.word("alerts"));
      const list = make("ul", "list");
      list.setAttribute("role", "list");
      list.append(...answer.items.map((alert) => this.#alert(alert)));
      section.append(list);
      this.replace(section);
      const titles = answer.items.filter((alert) => !alert.snoozed_until).map((alert) => alert.title);
      const fresh = titles.filter((title) => !this.#titles?.includes(title));
      if (fresh.length) this.announce(fresh.join(". "));
      else if (!titles.length && this.#titles?.length) this.announce(this.word("none"));
      this.#titles = titles;
      return true;
    }

    freshenLinks(answer) {
      for (const alert of answer.items) this.freshen(`buy ${alert.id}`, alert.proposal);
    }

    #alert(alert) {
      const item = make("li", "alert");
      item.classList.add(alert.severity);
      item.setAttribute("part", `alert ${alert.severity}`);
      const title = make("h3", "title", alert.title);
      item.append(title);
      if (alert.snoozed_until) {
        item.classList.add("snoozed");
        item.append(make("p", "note", this.word("until", this.date(alert.snoozed_until))));
      } else {
        item.append(make("p", "body", alert.body));
        if (alert.what_to_buy) item.append(make("p", "note", alert.what_to_buy.text));
      }
      const actions = make("div", "actions");
      const offer = alert.snoozed_until ? null : this.offer(alert.proposal, `buy ${alert.id}`);
      if (offer) actions.append(offer);
      actions.append(alert.snoozed_until ? this.#wake(alert) : this.#snooze(alert));
      item.append(actions);
      return item;
    }

    #wake(alert) {
      const button = make("button", "wake", this.word("wake"));
      button.type = "button";
      button.dataset.key = `snooze ${alert.id}`;
      button.setAttribute("aria-label", `${this.word("wake")}: ${alert.title}`);
      button.addEventListener("click", () => this.#change("DELETE", alert));
      return button;
    }

    #snooze(alert) {
      const holder = make("div", "holder");
      const button = make("button", "snooze", this.word("snooze"));
      button.type = "button";
      button.dataset.key = `snooze ${alert.id}`;
      button.setAttribute("aria-label", `${this.word("snooze")}: ${alert.title}`);
      button.setAttribute("aria-haspopup", "menu");
      button.setAttribute("aria-expanded", "false");
      const menu = make("div", "menu");
      menu.setAttribute("role", "menu");
      menu.setAttribute("aria-label", this.word("snooze"));
      menu.hidden = true;
      for (const [word, days] of SNOOZES) {
        const choice = make("button", "choice", this.word(word));
        choice.type = "button";
        choice.tabIndex = -1;
        choice.setAttribute("role", "menuitem");
        choice.addEventListener("click", () => {
          this.#close(true);
          this.#change("POST", alert, { until: new Date(Date.now() + days * DAY_MS).toISOString() });
        });
        menu.append(choice);
      }
      button.addEventListener("click", () => (menu.hidden ? this.#show(button, menu, 0) : this.#close(true)));
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

    async #change(method, alert, body) {
      try {
        await this.call(method, `alerts/${encodeURIComponent(alert.id)}/snooze`, body);
      } catch {
        this.announce(this.word("failed"));
      }
      this.refresh();
    }
  }

  class UpsellHeader extends UpsellElement {
    static path = "header";

    render(answer) {
      const section = make("section", "header");
      section.setAttribute("aria-label", this.word("quotas"));
      const list = make("ul", "list");
      list.setAttribute("role", "list");
      list.append(...answer.items.map((line) => this.#line(line)));
      section.append(list);
      const offer = this.offer(answer.proposal, "buy");
      if (offer) section.append(offer);
      this.replace(section);
      return true;
    }

    freshenLinks(answer) {
      this.freshen("buy", answer.proposal);
    }

    #line(line) {
      const tones = { soon: "warning", exceeded: "error", hard_exceeded: "critical" };
      const item = make("li", "line");
      if (tones[line.state]) item.classList.add(tones[line.state]);
      item.setAttribute("part", `line ${line.state}`);
      const usage = this.amount(line.usage, line.unit);
      const figures = line.quota === null ? `${usage}, ${this.word("unlimited")}` : this.word("of", usage, this.amount(line.quota, line.unit));
      item.append(make("span", "item", `${this.itemName(line.item)} (${this.word(line.scope)})`), make("span", "figures", figures));
      if (line.utilization !== null) item.append(make("span", "state", `${this.number(Number(line.utilization), { maximumFractionDigits: 1 })}\u00a0%`));
      if (line.what_to_buy) item.append(make("p", "note", line.what_to_buy.text));
      return item;
    }
  }

  for (const [name, element] of [["upsell-alerts", UpsellAlerts], ["upsell-header", UpsellHeader]]) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
})();
