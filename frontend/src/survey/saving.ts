// Each answer is sent to the page's own address as it is given; the button then only moves on.

const WAIT_MS = 700;
const PATIENCE_MS = 3_000;
const STAY = "save";

interface Kept {
  revision?: number;
  /** For each question, what tells the server that nobody touched it since. */
  asked?: Record<string, string>;
}

export class Saving {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flight: Promise<void> | undefined;
  private dirty = false;
  private leaving = false;
  private readonly note = document.createElement("p");
  private readonly looked = Object.assign(document.createElement("input"), { type: "hidden", name: "_seconds" });
  private seen = 0;
  private since = performance.now();

  constructor(
    private readonly form: HTMLFormElement,
    private readonly word: string,
  ) {
    this.note.className = "saved hint";
    form.querySelector(".moves")?.append(this.note);
    form.append(this.looked);
    form.addEventListener("input", () => this.later());
    form.addEventListener("change", () => this.later());
    form.addEventListener("submit", this.submitted);
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", () => (this.leaving = false));
    document.addEventListener("visibilitychange", () => {
      this.count();
      if (document.hidden) this.leave();
    });
  }

  /** Says that somebody, and no program that opens links, looks at the page. */
  opened(): void {
    const address = this.form.action.replace(/(\/r\/[^/?]+)[^?]*/, "$1/opened");
    void fetch(address, { method: "POST", keepalive: true }).catch(() => undefined);
  }

  /** Time that the page is in sight counts, and no other. */
  private count(): void {
    const now = performance.now();
    // it has just been hidden, or is in sight all the time
    if (!this.away) this.seen += now - this.since;
    this.since = now;
    this.away = document.hidden;
    this.looked.value = (this.seen / 1000).toFixed(1);
  }
  private away = document.hidden;

  private later(): void {
    this.dirty = true;
    // its place stays: a button must not move away under the finger that presses it
    this.note.textContent = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), WAIT_MS);
  }

  private leave(): void {
    if (this.dirty && !this.leaving) void this.save();
  }

  private save(): Promise<void> {
    clearTimeout(this.timer);
    // one after the other: the server keeps what came last
    this.flight = (this.flight ?? Promise.resolve()).then(() => this.send());
    return this.flight;
  }

  private async send(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    try {
      const answer = await this.post(this.body());
      if (!answer.ok && answer.status !== 422) return; // 422: kept, but for what the button will speak of
      this.took((await answer.json()) as Kept);
    } catch {
      this.dirty = true; // without a network: the next answer, or the button, brings it
    }
  }

  private took({ revision, asked }: Kept): void {
    if (revision !== undefined) this.form.dataset.revision = String(revision);
    for (const field of this.form.querySelectorAll<HTMLInputElement>("input[name=_asked]")) {
      const name = field.value.slice(field.value.indexOf(":") + 1);
      if (asked?.[name]) field.value = `${asked[name]}:${name}`;
    }
    this.note.textContent = this.dirty ? "" : this.word;
  }

  private body(): URLSearchParams {
    this.count();
    const given = [...new FormData(this.form)].filter((pair): pair is [string, string] => typeof pair[1] === "string");
    return new URLSearchParams([...given.filter(([name]) => name !== "_do"), ["_do", STAY]]);
  }

  private post(body: URLSearchParams): Promise<Response> {
    return fetch(this.form.action, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      keepalive: true,
    });
  }

  /** The page moves on after what is on its way has arrived: it would else be the later word. */
  private readonly submitted = (event: SubmitEvent): void => {
    clearTimeout(this.timer);
    if (this.leaving) {
      event.preventDefault(); // pressed twice
      return;
    }
    this.count();
    this.leaving = true;
    this.dirty = false;
    if (!this.flight) return;
    event.preventDefault();
    const { submitter } = event;
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    void Promise.race([this.flight, patience]).then(() => {
      this.flight = undefined;
      // not within the event: a form does not take a second one meanwhile
      setTimeout(() => {
        this.leaving = false;
        this.form.requestSubmit(submitter);
      });
    });
  };
}
