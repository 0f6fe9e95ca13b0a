// The editor of a survey, made fluent. The page is complete without it: every change is a form, and the server answers
// with the whole page. Here the same forms are sent as somebody types, and the parts of the answer are put in place.
import { showContrasts } from "./contrast";
import { Desk } from "./desk";
import { keepOrder } from "./order";
import { keepPreview } from "./preview";
import { growRows } from "./rows";
import { keepSteps } from "./steps";

const root = document.querySelector<HTMLElement>("[data-editor]");
if (root) {
  const desk = new Desk(root);
  growRows(root);
  keepPreview(desk);
  keepOrder(desk);
  keepSteps(desk);
  desk.begin();
}
showContrasts(document);
