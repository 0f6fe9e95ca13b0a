// Everything here is a convenience: each page is complete without it.
import "htmx.org";
import { listenForKeys } from "./keys";
import { keepFormsTidy } from "./forms";

listenForKeys(document);
keepFormsTidy(document);
