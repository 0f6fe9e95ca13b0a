// Everything here is a convenience: each page is complete without it.
import "htmx.org";
import { offerCopies } from "./copy";
import { keepFormsTidy } from "./forms";
import { listenForKeys } from "./keys";
import { keepNumbersLive } from "./live";
import { showCurrentTab } from "./tabs";

listenForKeys(document);
keepFormsTidy(document);
offerCopies(document);
keepNumbersLive(document);
showCurrentTab(document);
