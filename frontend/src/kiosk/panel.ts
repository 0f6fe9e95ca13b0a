// The staff's side of a kiosk: how many responses wait, and the way out.

import type { Queue } from "./queue";
import { type ExitCode, opens } from "./staff";

const find = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

export class Staff {
  private readonly dialog = find<HTMLDialogElement>("staff");
  private failures = 0;

  constructor(
    private readonly exit: () => ExitCode | null,
    private readonly queue: Queue,
    private readonly said: (word: string) => string,
    private readonly leave: () => void,
  ) {
    find("staff-open").addEventListener("click", () => this.open());
    find("staff-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.check();
    });
    find("staff-close").addEventListener("click", () => this.dialog.close());
    find("staff-send").addEventListener("click", () => void this.queue.again().then(() => this.count()));
    find("staff-save").addEventListener("click", () => void this.save());
    find("staff-leave").addEventListener("click", () => {
      this.dialog.close();
      void document.exitFullscreen?.().catch(() => undefined);
      this.leave();
    });
  }

  private open(): void {
    find<HTMLInputElement>("staff-code").value = "";
    find("staff-wrong").textContent = "";
    this.inside(this.exit() === null);
    this.dialog.showModal();
  }

  private inside(open: boolean): void {
    find("staff-form").hidden = open;
    find("staff-inside").hidden = !open;
    if (open) void this.count();
  }

  private async check(): Promise<void> {
    const code = find<HTMLInputElement>("staff-code");
    const exit = this.exit();
    // each wrong code takes longer than the one before it
    await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, this.failures > 2 ? 2 ** this.failures * 250 : 0)));
    if (!exit || (await opens(exit, code.value))) {
      this.failures = 0;
      this.inside(true);
      find("staff-leave").focus();
    } else {
      this.failures++;
      find("staff-wrong").textContent = this.said("wrong_code");
      code.select();
    }
  }

  private async count(): Promise<void> {
    const { waiting, refused } = await this.queue.counts();
    find("staff-count").textContent = this.said("waiting").replace("{n}", String(waiting));
    find("staff-refused").textContent = refused ? this.said("refused").replace("{n}", String(refused)) : "";
  }

  /** As a file, for a tablet that will see no network any more. */
  private async save(): Promise<void> {
    const rows = (await this.queue.rows()).filter(({ state }) => state !== "open");
    const file = new Blob([JSON.stringify({ responses: rows })], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "responses.json";
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
