// The contrast of a survey's colours while they are chosen: WCAG 2.2, (L1 + 0.05) / (L2 + 0.05) of relative luminances.
// The server checks the same before it keeps them.

const BACKGROUND = "theme.background";

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

export function showContrasts(page: Document): void {
  const list = page.querySelector<HTMLElement>("[data-contrasts]");
  const fields = new Map([...page.querySelectorAll<HTMLInputElement>("[data-colour]")].map((field) => [field.dataset.colour, field]));
  if (!list) return;
  const show = () => {
    const ground = fields.get(BACKGROUND)?.value ?? "#ffffff";
    for (const swatch of list.querySelectorAll<HTMLElement>("[data-pair]")) {
      const colour = fields.get(swatch.dataset.pair)?.value ?? "#000000";
      const found = contrast(colour, ground);
      const good = found >= Number(swatch.dataset.least);
      swatch.style.background = ground;
      swatch.style.color = colour;
      const told = swatch.nextElementSibling;
      if (told) told.textContent = `${found.toFixed(1)} : 1, ${(good ? list.dataset.good : list.dataset.bad) ?? ""}`;
      told?.classList.toggle("bad-text", !good);
    }
  };
  list.hidden = false;
  fields.forEach((field) => field.addEventListener("input", show));
  show();
}
