// widget.js: surveys on the pages of a site, when its rules say so. See docs/how-to/widget.md.
//
// Before it has loaded, calls wait in an array: (window.cxSurvey = window.cxSurvey || function () {
// (cxSurvey.q = cxSurvey.q || []).push(arguments) }); cxSurvey("show", "checkout").

import { signalsRefusal } from "../snippet/settings";
import { Memory } from "./memory";
import { type Offer, Offers } from "./offers";
import { Panel } from "./panel";
import { Rules } from "./rules";

type Api = ((what: string, told?: unknown) => void) & { q?: ArrayLike<unknown>[]; loaded?: true };
type Browser = Window & { cxSurvey?: Api; cx?: { events?: string[] }; navigation?: EventTarget };

class Widget {
  private readonly memory = new Memory();
  private readonly rules: Rules;
  private open: Panel | undefined;
  private started = false;
  /** One survey by itself for each time that a page is loaded. */
  private hasAsked = false;

  constructor(
    private readonly offers: Offers,
    private readonly script: HTMLScriptElement,
    private readonly refused: boolean,
    private readonly consentRequired: boolean,
  ) {
    this.rules = new Rules(offers, this.memory, (offer) => this.comes(offer));
    this.mayAsk = !refused && (!consentRequired || this.memory.granted);
  }

  private mayAsk: boolean;

  start(browser: Browser): void {
    if (!this.mayAsk || this.started) return;
    this.started = true;
    const moved = (): void => void this.rules.page();
    addEventListener("popstate", moved);
    addEventListener("cx:page", moved);
    browser.navigation?.addEventListener("navigatesuccess", moved);
    addEventListener("cx:track", (event) => void this.rules.event(String((event as CustomEvent).detail)));
    moved();
    browser.cx?.events?.forEach((name) => void this.rules.event(name));
  }

  /** What a visitor chose: nothing comes by itself, and nothing is remembered, before a yes that is needed. */
  consent(granted: boolean, browser: Browser): void {
    this.mayAsk = granted && !this.refused;
    if (this.mayAsk) this.start(browser);
    else this.open?.close();
  }

  event(name: string): void {
    if (this.mayAsk) void this.rules.event(name);
  }

  /** The site shows a survey, say behind a button: no rule is asked. */
  async show(name: string): Promise<void> {
    const offer = (await this.offers.all()).find((each) => each.name === name);
    if (!offer) console.warn(`cx: no survey ${name} is offered to this site`);
    else if (!this.open) this.put(offer, true);
  }

  hide(): void {
    this.open?.close();
  }

  private comes(offer: Offer): boolean {
    if (this.open || this.hasAsked || !this.mayAsk) return false;
    this.hasAsked = offer.place !== "inline";
    this.put(offer, false);
    return true;
  }

  private put(offer: Offer, called: boolean): void {
    const anonymous = this.mayAsk ? this.memory.anonymous : null;
    const told = {
      answered: () => (this.mayAsk ? this.memory.answered(offer.name) : undefined),
      closed: () => (this.open = undefined),
    };
    const marked = document.querySelector(`[data-cx-survey="${CSS.escape(offer.name)}"]`);
    const place = marked ?? (document.body.contains(this.script) ? this.script.parentElement : null);
    const panel = new Panel(offer, this.offers.address(offer, anonymous), told, called, place);
    if (offer.place !== "inline") this.open = panel;
    panel.show();
  }
}

function install(): void {
  const script = document.currentScript;
  const browser = window as Browser;
  if (!(script instanceof HTMLScriptElement) || browser.cxSurvey?.loaded) return;
  // what stands on the tag of cx.js holds here too: the key, and what visitors were promised
  const beside = document.querySelector<HTMLScriptElement>('script[src$="/cx.js"]')?.dataset ?? {};
  const { survey, host, consent = beside.consent, respect = beside.respect } = script.dataset;
  const key = script.dataset.key ?? (survey ? undefined : beside.key);
  if (!key && !survey) {
    console.warn('cx: the script tag lacks data-key="cxw_..." or data-survey="..."');
    return;
  }
  const asked = { ...(key ? { key } : {}), ...(survey ? { survey } : {}) };
  const origin = (host ?? new URL(script.src).origin).replace(/\/$/, "");
  const offers = new Offers(origin, asked, document.documentElement.lang || navigator.language);
  const refused = signalsRefusal((respect ?? "gpc").split(/[\s,]+/), navigator);
  const widget = new Widget(offers, script, refused, consent === "required");
  const api: Api = (what, told) => {
    if (what === "show") void widget.show(String(told));
    else if (what === "hide") widget.hide();
    else if (what === "event") widget.event(String(told));
    else if (what === "consent") widget.consent((told as { analytics?: boolean } | undefined)?.analytics === true, browser);
  };
  api.loaded = true;
  const waiting = browser.cxSurvey?.q ?? [];
  browser.cxSurvey = api;
  addEventListener("cx:consent", (event) => widget.consent((event as CustomEvent).detail === true, browser));
  const begin = (): void => {
    widget.start(browser);
    waiting.forEach((call) => api(String(call[0]), call[1]));
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}

install();
