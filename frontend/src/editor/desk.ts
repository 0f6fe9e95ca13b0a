// Sends changes one after the other, each going on from the version that the one before made, and swaps the parts of the
// page that the server drew anew. What somebody is typing in is never swapped under their hands.

const TYPING_MS = 450;
const PARTS = ["#head", "#outline", "#problems", "#properties"];

/** What the page knows of the draft: its version, and the document as it was saved. */
export interface Draft {
  version: string;
  text: string;
}

type Listener = (before: Draft, after: Draft) => void;

export class Desk {
  private queue: Promise<unknown> = Promise.resolve();
  private timer = 0;
  private unsaved = false;
  private readonly changed: Listener[] = [];

  constructor(readonly root: HTMLElement) {}

  get address(): string {
    return this.root.dataset.editor ?? "";
  }

  /** The draft that the page shows. */
  get draft(): Draft {
    const data = this.root.querySelector<HTMLScriptElement>("#editor-data");
    return { version: data?.dataset.draft ?? "", text: data?.textContent ?? "" };
  }

  /** Calls `listener` after each change that was saved. */
  onChange(listener: Listener): void {
    this.changed.push(listener);
  }

  begin(): void {
    this.root.addEventListener("submit", (event) => this.submitted(event));
    this.root.addEventListener("input", (event) => this.typed(event));
    this.root.addEventListener("click", (event) => this.followed(event));
    addEventListener("popstate", () => location.reload());
    addEventListener("beforeunload", (event) => {
      if (this.unsaved) event.preventDefault();
    });
    this.tidy();
  }

  /** Sends a change; the parts that it drew anew take their places, all of them unless `quiet`. */
  send(form: FormData, quiet = false, focus = ""): Promise<boolean> {
    clearTimeout(this.timer);
    const sent = this.queue.then(() => this.deliver(form, quiet, focus));
    this.queue = sent.catch(() => undefined);
    return sent;
  }

  /** Shows another place of the editor, after what is being typed was saved. */
  async go(address: string, focus = ""): Promise<void> {
    await this.flush();
    const fresh = await this.ask(address);
    if (!fresh) return location.assign(address);
    history.pushState(null, "", address);
    this.swap(fresh, false);
    this.focusOn(focus);
  }

  /** A form of the page as it stands, with what says which change it is. */
  form(change: string, at: string, more: Record<string, string> = {}): FormData {
    const source = this.root.querySelector<HTMLFormElement>("#fields");
    const form = new FormData();
    for (const name of ["csrf", "view", "language"]) form.set(name, String(source && new FormData(source).get(name)));
    for (const [name, value] of Object.entries({ ...more, do: change, at })) form.set(name, value);
    return form;
  }

  /** Saves what is being typed now rather than soon. */
  async flush(): Promise<void> {
    if (this.unsaved) await this.saveFields();
    await this.queue;
  }

  private submitted(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (!form.matches("[data-edit]")) return;
    event.preventDefault();
    const change = new FormData(form, event.submitter);
    const focus = event.submitter instanceof HTMLElement ? (event.submitter.getAttribute("value") ?? "") : "";
    if (change.get("do") === "add") form.querySelector("details")?.removeAttribute("open");
    void this.send(change, false, change.get("do") === "add" ? "first" : focus);
  }

  private typed(event: Event): void {
    const target = event.target as HTMLElement;
    if (!target.closest("form[data-quiet]") || target.closest(".retype")) return;
    this.unsaved = true;
    this.say("saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.saveFields(), TYPING_MS);
  }

  private saveFields(): Promise<boolean> {
    const form = this.root.querySelector<HTMLFormElement>("#fields");
    if (!form) return Promise.resolve(false);
    this.unsaved = false;
    const save = form.querySelector<HTMLButtonElement>("#save");
    return this.send(new FormData(form, save), true);
  }

  private followed(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-at]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    void this.go(link.href, link.dataset.at);
  }

  private async deliver(form: FormData, quiet: boolean, focus: string): Promise<boolean> {
    const before = this.draft;
    form.set("after", before.version);
    this.say("saving");
    let answer: Response;
    try {
      answer = await fetch(this.address, { method: "POST", body: form });
    } catch {
      return this.failed("lost");
    }
    const fresh = await parsed(answer);
    if (!fresh) return this.failed("lost");
    const saved = answer.ok;
    if (saved && answer.redirected && !quiet) history.replaceState(null, "", answer.url);
    this.swap(fresh, quiet && answer.status !== 409);
    if (!saved) return this.failed("unsaved");
    this.unsaved = false;
    this.say("saved");
    if (focus) this.focusOn(focus);
    const after = this.draft;
    if (after.version !== before.version) for (const each of this.changed) each(before, after);
    return true;
  }

  private failed(why: string): false {
    this.unsaved = true;
    this.say(why);
    return false;
  }

  private async ask(address: string): Promise<Document | undefined> {
    try {
      return await parsed(await fetch(address, { headers: { accept: "text/html" } }));
    } catch {
      return undefined;
    }
  }

  /** Puts the parts of another drawing of this page into this one. */
  private swap(fresh: Document, quiet: boolean): void {
    for (const part of PARTS) {
      if (quiet && part === "#properties") continue;
      const here = this.root.querySelector(part);
      const there = fresh.querySelector(part);
      if (here && there && here.innerHTML !== there.innerHTML) keepingFocus(here, () => here.replaceChildren(...there.childNodes));
    }
    const data = fresh.querySelector("#editor-data");
    if (data) this.root.querySelector("#editor-data")?.replaceWith(data);
    if (quiet) this.mark(fresh);
    this.tidy();
    this.root.dispatchEvent(new CustomEvent("drawn", { detail: fresh }));
  }

  /** Says what is wrong beside each field, without touching the fields. */
  private mark(fresh: Document): void {
    for (const here of this.root.querySelectorAll<HTMLElement>("[data-wrong]")) {
      const there = fresh.querySelector(`[data-wrong="${CSS.escape(here.dataset.wrong ?? "")}"]`);
      const told = there?.textContent ?? "";
      if (here.textContent !== told) here.textContent = told;
      const field = this.root.querySelector(`[aria-describedby~="${here.id}"]`);
      if (told.trim()) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  }

  private focusOn(what: string): void {
    const target =
      what === "first"
        ? this.root.querySelector<HTMLElement>("#properties textarea, #properties input:not([type=hidden])")
        : (this.root.querySelector<HTMLElement>(`a[data-at="${CSS.escape(what)}"]`) ??
          this.root.querySelector<HTMLElement>(`#properties button[value="${CSS.escape(what)}"]`));
    target?.focus({ preventScroll: what !== "first" });
    if (what === "first" && target instanceof HTMLTextAreaElement) target.select();
  }

  /** What scripts make needless disappears, and what they make possible is shown. */
  private tidy(): void {
    this.root.querySelectorAll<HTMLElement>(".keys-hint, #sizes, .drop-row").forEach((part) => (part.hidden = false));
    this.root.querySelectorAll<HTMLElement>("#language-go").forEach((part) => (part.hidden = true));
  }

  private say(what: string): void {
    const place = document.querySelector<HTMLElement>("#saved");
    if (!place) return;
    const told = this.root.dataset[what] ?? "";
    if (place.textContent !== told) place.textContent = told;
    place.classList.toggle("bad-text", what === "unsaved" || what === "lost");
  }
}

/** Redraws a part, and puts the focus back on what has the same name in it. */
function keepingFocus(part: Element, redraw: () => void): void {
  const focused = document.activeElement;
  const open = [...part.querySelectorAll<HTMLDetailsElement>("details[data-group][open]")].map((each) => each.dataset.group);
  const known = focused instanceof HTMLElement && part.contains(focused) ? signOf(focused) : "";
  redraw();
  for (const name of open) part.querySelector<HTMLDetailsElement>(`details[data-group="${name}"]`)?.setAttribute("open", "");
  if (known) part.querySelector<HTMLElement>(known)?.focus({ preventScroll: true });
}

function signOf(element: HTMLElement): string {
  if (element.dataset.at) return `a[data-at="${CSS.escape(element.dataset.at)}"]`;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const name = element.getAttribute("name");
  const value = element instanceof HTMLButtonElement ? `[value="${CSS.escape(element.value)}"]` : "";
  return name ? `[name="${CSS.escape(name)}"]${value}` : "";
}

async function parsed(answer: Response): Promise<Document | undefined> {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-editor]") ? page : undefined;
}
