// Brings the page up to date: it asks for the same address again and takes over what has changed. Without this script the
// browser loads the page again by itself; see the `noscript` in its head.
"use strict";

(() => {
    const EVERY = 5000;
    const PATIENCE = 10000;
    // These are replaced as a whole; everything in them comes from the server.
    const PARTS = ["content", "foot"];

    const connection = document.getElementById("connection");
    const icon = document.querySelector("link[rel=icon]");
    const script = document.querySelector("script[src]").getAttribute("src");

    let lostSince = null;
    let title = document.title;
    let timer = 0;
    let busy = false;

    const later = () => {
        clearTimeout(timer);
        // A hidden tab asks for nothing; it asks at once when it is looked at.
        if (document.visibilityState === "visible") timer = setTimeout(update, EVERY);
    };

    const update = async () => {
        if (busy) return;
        busy = true;
        clearTimeout(timer);
        try {
            const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
            // A target that is gone is an answer; a proxy's complaint is none.
            if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
            const next = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (PARTS.some((id) => !next.getElementById(id))) throw new Error("another page");
            if (next.querySelector("script[src]").getAttribute("src") !== script) {
                location.reload(); // The exporter was replaced by another version.
                return;
            }
            take(next);
            found();
        } catch {
            lost();
        } finally {
            busy = false;
            later();
        }
    };

    const take = (next) => {
        title = next.title;
        const shown = next.querySelector("link[rel=icon]").getAttribute("href");
        if (icon.getAttribute("href") !== shown) icon.setAttribute("href", shown);
        // Somebody is about to copy an error message.
        if (!getSelection().isCollapsed) return;
        const focused = name(document.activeElement);
        const open = [...document.querySelectorAll("details[open][id]")].map((details) => details.id);
        const { scrollX, scrollY } = window;
        for (const id of PARTS) {
            const [old, fresh] = [document.getElementById(id), next.getElementById(id)];
            if (old.isEqualNode(fresh)) continue;
            old.replaceChildren(...document.importNode(fresh, true).childNodes);
            if (fresh.dataset.state) old.dataset.state = fresh.dataset.state;
        }
        for (const id of open) document.getElementById(id)?.setAttribute("open", "");
        if (focused && focused() !== document.activeElement) focused()?.focus({ preventScroll: true });
        if (window.scrollX !== scrollX || window.scrollY !== scrollY) {
            scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
        }
    };

    // How to find an element again after its part was replaced: by its id, or as the link to the same place.
    const name = (element) => {
        if (!element || element === document.body) return null;
        const { id } = element;
        if (id) return () => document.getElementById(id);
        const href = element.getAttribute("href");
        return href && (() => [...document.querySelectorAll("a")].find((link) => link.getAttribute("href") === href));
    };

    const found = () => {
        lostSince = null;
        connection.hidden = true;
        document.getElementById("content").classList.remove("lost");
        document.title = title;
    };

    const lost = () => {
        lostSince ??= new Date();
        const seconds = Math.round((Date.now() - lostSince) / 1000);
        const ago = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
        connection.textContent = `Connection lost since ${lostSince.toLocaleTimeString("en-GB")} (${ago})`;
        connection.hidden = false;
        document.getElementById("content").classList.add("lost");
        document.title = `✕ connection lost · dbprobe`;
    };

    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") update();
        else clearTimeout(timer);
    });
    addEventListener("online", update);
    later();
})();
