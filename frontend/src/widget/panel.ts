// Where a survey is shown: an iframe, so that neither page reads or restyles the other, in a shadow root, so that the
// site's styles do not reach the frame's border and button. Only the one in the middle is modal.

import type { Offer } from "./offers";

const STYLE = `
:host{all:initial;color-scheme:light}
.p{--b:var(--b0);--t:var(--t0);--a:var(--a0);box-sizing:border-box;display:flex;flex-direction:column;padding:0;margin:0;border:1px solid #0003;border-radius:10px;
background:var(--b);color:var(--t);overflow:hidden;width:min(400px,100vw);max-height:min(80vh,720px);
box-shadow:0 8px 32px #0004;font:15px/1.4 system-ui,sans-serif}
.corner{position:fixed;inset:auto 16px 16px auto;z-index:2147483000}
.corner:dir(rtl){inset:auto auto 16px 16px}
dialog.p{width:min(560px,100vw);margin:auto}
dialog::backdrop{background:#0006}
.inline{width:100%;max-height:none;box-shadow:none}
header{display:flex;align-items:center;gap:8px;padding:6px 6px 0 16px}
strong{flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-weight:600}
button{all:unset;box-sizing:border-box;min-width:44px;height:44px;text-align:center;font-size:22px;line-height:44px;
border-radius:8px;cursor:pointer;color:var(--t)}
button:hover{background:#0001}
button:focus-visible,iframe:focus-visible{outline:3px solid var(--a);outline-offset:-3px}
iframe{border:0;display:block;width:100%;height:320px;flex:0 1 auto;min-height:120px;background:var(--b)}
.s{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:480px){.corner{inset:auto 0 0 0;width:100%;border-radius:10px 10px 0 0}}
@media (prefers-reduced-motion:no-preference){.corner,dialog.p{animation:i .2s ease-out}}
@keyframes i{from{opacity:0;transform:translateY(12px)}}
@media (prefers-color-scheme:dark){.p{--b:var(--b1);--t:var(--t1);--a:var(--a1);border-color:#fff3}button:hover{background:#fff2}}
@media print{.p{display:none}}`;

export interface Told {
  answered(): void;
  closed(): void;
}

type Message = { cx?: unknown; height?: unknown };

export class Panel {
  private readonly root = document.createElement("cx-survey");
  private readonly box: HTMLElement;
  private readonly frame = document.createElement("iframe");
  private readonly status = make("p", "s");
  private readonly before = document.activeElement;
  private open = true;

  constructor(
    private readonly offer: Offer,
    private readonly address: string,
    private readonly told: Told,
    private readonly called: boolean,
    private readonly place: Element | null,
  ) {
    this.box = this.build();
    const shadow = this.root.attachShadow({ mode: "open" });
    // not a <style>: a site's policy may allow no styles but its own
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.status, this.box);
    addEventListener("message", this.hear);
  }

  show(): void {
    const { offer, box, called } = this;
    (offer.place === "inline" && this.place ? this.place : document.body).append(this.root);
    if (box instanceof HTMLDialogElement) box.showModal();
    else if (called) this.frame.focus();
    else {
      // it came by itself and takes nobody's place: whoever does not see it is told
      setTimeout(() => (this.status.textContent = offer.words.opened.replace("{title}", offer.title)), 300);
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    removeEventListener("message", this.hear);
    const inside = this.root.matches(":focus-within") || this.root.shadowRoot?.activeElement;
    const modal = this.box instanceof HTMLDialogElement;
    this.root.remove();
    if ((inside || modal) && this.before instanceof HTMLElement) this.before.focus();
    this.told.closed();
  }

  private build(): HTMLElement {
    const { offer, frame } = this;
    const modal = offer.place === "middle";
    const box = make(modal ? "dialog" : "section", `p ${offer.place}`);
    box.setAttribute("aria-label", offer.title);
    if (offer.place === "corner") box.setAttribute("role", "dialog");
    offer.colours.forEach((colours, night) =>
      colours.forEach((colour, at) => box.style.setProperty(`--${"bta"[at]}${night}`, colour)),
    );
    frame.src = this.address;
    frame.title = offer.title;
    if (offer.place !== "inline") box.append(this.head());
    box.append(frame);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !modal && offer.place !== "inline") this.close();
    });
    box.addEventListener("close", () => this.close());
    // outside of a modal one: its own background is the only thing of it that can be met there
    if (modal) box.addEventListener("click", ({ target }) => target === box && this.close());
    return box;
  }

  private head(): HTMLElement {
    const head = make("header", "");
    const title = make("strong", "");
    title.textContent = this.offer.title;
    const button = make("button", "");
    button.setAttribute("type", "button");
    button.setAttribute("aria-label", this.offer.words.close);
    button.textContent = "×";
    button.addEventListener("click", () => this.close());
    head.append(title, button);
    return head;
  }

  /** What the page inside says; nobody else is listened to. */
  private readonly hear = ({ source, data }: MessageEvent): void => {
    if (source !== this.frame.contentWindow || !data || typeof data !== "object") return;
    const { cx, height } = data as Message;
    if (cx === "height" && Number(height) > 0) this.frame.style.height = `${Math.min(Number(height), 4000)}px`;
    if (cx === "answered") this.told.answered();
    if (cx === "close" && this.offer.place !== "inline") this.close();
  };
}

function make(tag: string, classes: string): HTMLElement {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (classes === "s") made.setAttribute("role", "status");
  return made;
}
