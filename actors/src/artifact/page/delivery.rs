//! Delivery addresses: which may be shown, where they lead, and in which widths they come.
//!
//! A picture's URL ends up in an attribute and in a Content-Security-Policy, so it is checked byte by byte here and never
//! repaired. Absent: fetching anything.

/// Longer addresses are no delivery addresses of ours.
const MAX_BYTES: usize = 2048;

/// Widths offered besides the picture's own, in pixels: a thumbnail, a phone at 2x, half and a whole desktop column.
const WIDTHS: [u32; 5] = [320, 640, 960, 1280, 1920];

/// Whether `url` may be shown: `https`, or `http` to this machine (the local Images simulation).
pub fn is_safe(url: &str) -> bool {
    origin(url).is_some()
}

/// `scheme://host[:port]` in lower case, or `None` if the URL may not be shown.
///
/// No user name, no non-ASCII, no IPv6 literal (a Content-Security-Policy can't name one).
pub fn origin(url: &str) -> Option<String> {
    if url.len() > MAX_BYTES || !url.bytes().all(is_url_byte) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (authority, None),
    };
    let host = host.to_ascii_lowercase();
    let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if host.is_empty() || !named {
        return None;
    }
    let allowed =
        scheme == "https" || (scheme == "http" && matches!(host.as_str(), "127.0.0.1" | "localhost"));
    allowed.then(|| match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// `srcset` for a picture `width` pixels wide whose account has flexible variants; empty where the address isn't one of
/// Cloudflare Images or takes no variant (a signed one).
pub fn srcset(url: &str, width: u32) -> String {
    let hosted = url.starts_with("https://imagedelivery.net/") || url.contains("/cdn-cgi/imagedelivery/");
    let Some((base, _variant)) = url.rsplit_once('/') else { return String::new() };
    if !hosted || width == 0 || url.contains(['?', '#', ',']) {
        return String::new();
    }
    let offered = WIDTHS.into_iter().filter(|offer| *offer < width).chain([width]);
    offered.map(|offer| format!("{base}/w={offer} {offer}w")).collect::<Vec<_>>().join(", ")
}

/// What may stand in a URL (RFC 3986) less the quotation mark `'`.
const fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`' | b'{' | b'}' | b'|' | b'^')
}

#[cfg(test)]
mod tests {
    use super::{origin, srcset};

    #[test]
    fn only_https_and_this_machine_are_shown() {
        for (url, expected) in [
            ("https://imagedelivery.net/h/i/public", Some("https://imagedelivery.net")),
            ("https://IMG.Example.com:8443/a?b=c#d", Some("https://img.example.com:8443")),
            ("http://127.0.0.1:8787/__cf_local/imagedelivery/i/public", Some("http://127.0.0.1:8787")),
            ("http://localhost:8787/i", Some("http://localhost:8787")),
            ("http://example.com/i", None),
            ("http://127.0.0.1.example.com/i", None),
            ("http://127.0.0.1@example.com/i", None),
            ("https://user:pass@example.com/i", None),
            ("https://[::1]/i", None),
            ("https:///i", None),
            ("https://example.com:99999/i", None),
            ("https://example.com; script-src *", None),
            ("https://example.com;script-src/i", None),
            ("https://example.com/\"onerror=alert(1)", None),
            ("https://example.com/'x", None),
            ("https://exämple.com/i", None),
            ("https://example.com/\n", None),
            ("javascript:alert(1)", None),
            ("javascript://127.0.0.1/%0aalert(1)", None),
            ("data:image/png;base64,AAAA", None),
            ("//example.com/i", None),
            ("", None),
        ] {
            assert_eq!(origin(url).as_deref(), expected, "{url}");
        }
        assert_eq!(origin(&format!("https://example.com/{}", "a".repeat(2048))), None);
    }

    #[test]
    fn widths_are_offered_up_to_the_pictures_own() {
        assert_eq!(
            srcset("https://imagedelivery.net/hash/some/id/public", 1024),
            "https://imagedelivery.net/hash/some/id/w=320 320w, https://imagedelivery.net/hash/some/id/w=640 640w, \
             https://imagedelivery.net/hash/some/id/w=960 960w, https://imagedelivery.net/hash/some/id/w=1024 1024w"
        );
        for one_size in [
            "http://127.0.0.1:8787/__cf_local/imagedelivery/id/public",
            "https://imagedelivery.net/hash/id/public?sig=1",
            "https://img.example.com/id/public",
        ] {
            assert_eq!(srcset(one_size, 1024), "", "{one_size}");
        }
        assert_eq!(srcset("https://imagedelivery.net/hash/id/public", 0), "", "unknown width");
    }
}
