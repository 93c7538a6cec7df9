//! The files of the page, and what is filled into them.

use super::kinds;

/// The look.
pub(crate) const STYLE: &str = include_str!("files/page.css");

/// What makes it live.
pub(crate) const SCRIPT: &str = include_str!("files/page.js");

/// What it tells of a request that is opened.
pub(crate) const TOLD_SCRIPT: &str = include_str!("files/told.js");

/// The picture in the browser's tab.
pub(crate) const ICON: &str = include_str!("files/icon.svg");

/// What both pages begin with.
const HEAD: &str = include_str!("files/head.html");
const PAGE: &str = include_str!("files/page.html");
const DOOR: &str = include_str!("files/door.html");
const LOCK: &str = include_str!("files/lock.html");

/// What would let somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// The token.
    Token,
    /// Nothing that could be typed.
    Shut,
}

/// Whether a browser asks for the page. All other requests for `/` are meant for the service, which refuses them as the
/// real one does: so a client that does not ask for HTML, or that signs, is never shown the page.
pub(crate) fn is_wanted(method: &str, path_and_query: &str, accept: &str) -> bool {
    let is_for_root = path_and_query == "/" || path_and_query.starts_with("/?token=");
    let is_for_html = accept.split(',').any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("text/html")
    });
    method == "GET" && is_for_root && is_for_html
}

/// The page, for a cloud of a region; before a service elsewhere without what that keeps for itself, which is shadows and a clock.
pub(crate) fn page(region: &str, before: Option<&str>) -> String {
    let kinds: String = kinds::EXAMPLES.iter().map(option).collect();
    let (role, of_fake) = before.map_or(("fake cloud", ""), |_| ("before the real one", " hidden"));
    let beyond = before.map_or(String::new(), |endpoint| {
        format!(
            "  <p class=\"panel\">Requests go on to <code>{}</code>, where the shadows are. Faults are done to its answers.</p>\n",
            escaped(endpoint)
        )
    });
    PAGE.replace("{{head}}", HEAD)
        .replace("{{kinds}}", &kinds)
        .replace("{{role}}", role)
        .replace("{{of-fake}}", of_fake)
        .replace("{{beyond}}", &beyond)
        .replace("{{region}}", &escaped(region))
}

/// What somebody is shown who is not let in, with the reason, and with a field for the token where one would help.
pub(crate) fn door(reason: &str, lock: Lock) -> String {
    let lock = match lock {
        Lock::Token => LOCK,
        Lock::Shut => "",
    };
    DOOR.replace("{{head}}", HEAD).replace("{{lock}}", lock).replace("{{reason}}", &escaped(reason))
}

fn option((name, example): &(&str, &str)) -> String {
    let sentence = kinds::sentence(name);
    format!(
        "<option value=\"{name}\" data-example=\"{}\" data-about=\"{}\">{name}</option>\n",
        escaped(example),
        escaped(sentence)
    )
}

/// A text that means itself between tags and in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escaped("<script>\"it's\" & more"),
            "&lt;script&gt;&quot;it&#39;s&quot; &amp; more"
        );
        let page = page("<script>alert(1)</script>\" onload=\"alert(1)", None);
        assert!(!page.contains("<script>alert") && !page.contains("\" onload"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(door("<b>", Lock::Token).contains("&lt;b&gt;"));
    }

    #[test]
    fn nothing_is_left_to_fill_in_and_nothing_comes_from_elsewhere() {
        for text in
            [&page("us-east-1", None), &door("why", Lock::Token), STYLE, SCRIPT, TOLD_SCRIPT]
        {
            assert!(!text.contains("{{"), "{text}");
            assert!(!text.contains("https://") && !text.contains("//cdn"), "{text}");
        }
    }

    #[test]
    fn no_markup_is_made_by_the_script_and_none_holds_code() {
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("] {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
            assert!(!TOLD_SCRIPT.contains(forbidden), "{forbidden}");
        }
        for text in [page("us-east-1", None), door("why", Lock::Token)] {
            for inline in ["style=", "onclick", "onload", "<style", "javascript:"] {
                assert!(!text.contains(inline), "{inline}");
            }
        }
    }

    #[test]
    fn before_a_service_elsewhere_the_page_says_so_and_offers_nothing_of_the_fake() {
        let page = page("us-east-1", Some("https://x-ats.iot.us-east-1.amazonaws.com"));
        assert!(page.contains("<code>https://x-ats.iot.us-east-1.amazonaws.com</code>"), "{page}");
        for section in ["id=\"things\"", "aria-labelledby=\"clock-title\""] {
            let line =
                page.lines().find(|line| line.contains("<section") && line.contains(section));
            assert!(
                line.is_some_and(|line| line.contains(" hidden>") || line.contains(" hidden ")),
                "{section}"
            );
        }
        assert!(!super::page("us-east-1", None).contains(" hidden>\n    <div class=\"head\">"));
    }

    #[test]
    fn only_a_browser_that_asks_for_html_gets_the_page() {
        let html = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
        for (method, target, accept, expected) in [
            ("GET", "/", html, true),
            ("GET", "/", "application/xml, Text/HTML;q=0.5", true),
            ("GET", "/?token=x", html, true),
            ("GET", "/", "*/*", false),
            ("GET", "/", "", false),
            ("POST", "/", html, false),
            ("GET", "/?X-Amz-Signature=x", html, false),
            ("GET", "/things/lamp/shadow", html, false),
        ] {
            assert_eq!(is_wanted(method, target, accept), expected, "{method} {target} {accept}");
        }
    }
}
