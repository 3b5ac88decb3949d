//! Every hostile spelling by its reason, every usual one, and the special networks against a table of their own.

use super::*;

mod networks;
mod vectors;

use vectors::{HOSTILE, LEGITIMATE};

const ORIGIN: &str = "https://picasso.example.org";

fn rules() -> Rules {
    Rules::new("", ORIGIN)
}

#[test]
fn every_hostile_address_is_refused_for_its_reason() {
    let mut count = 0;
    for (reason, addresses) in HOSTILE {
        for address in addresses {
            assert_eq!(allow(address, &rules()), Err(reason), "{address:?}");
            // Nor by a redirect, however the address is mended on the way.
            let from = allow("https://example.org/", &rules()).unwrap();
            let followed = follow(&from, address, &rules());
            let harmless = |target: &Target| target.authority == "example.org:443";
            assert!(followed.as_ref().map_or(true, harmless), "{address:?}: {followed:?}");
            count += 1;
        }
    }
    assert!(count >= 120, "{count}");
    for (length, expected) in [(URL_MAX, None), (URL_MAX + 1, Some(Denied::Long))] {
        let address = format!("{:a<length$}", "https://example.org/");
        assert_eq!(allow(&address, &rules()).err(), expected, "{length}");
    }
}

#[test]
fn every_usual_address_is_asked_as_it_was_read() {
    assert!(LEGITIMATE.len() >= 40, "{}", LEGITIMATE.len());
    for (address, href) in LEGITIMATE {
        let target = allow(address, &rules()).unwrap_or_else(|denied| panic!("{address}: {denied}"));
        assert_eq!(target.href(), if href.is_empty() { address } else { href });
        assert_eq!(allow(target.href(), &rules()), Ok(target.clone()), "read again, it's the same");
        assert!(!target.host().contains([':', '@', '/']), "{}", target.host());
    }
}

#[test]
fn an_exception_is_one_host_and_port_and_nothing_else() {
    let rules = Rules::new(" 127.0.0.1:4000, images:80,,[::1]:8080,Store.LAN:443, broken", ORIGIN);
    for address in [
        "http://127.0.0.1:4000/a.png",
        "https://127.0.0.1:4000/a.png",
        "HTTP://127.0.0.1:4000/a.png",
        "http://images/a.png",
        "http://images:80/a.png",
        "http://[::1]:8080/",
        "https://store.lan/a.png",
        "https://STORE.LAN./a.png",
        "https://example.org/a.png",
    ] {
        assert!(allow(address, &rules).is_ok(), "{address}: {:?}", allow(address, &rules));
    }
    for (address, why) in [
        ("http://127.0.0.1:4001/", Denied::Scheme),
        ("https://127.0.0.1:4001/", Denied::Address),
        ("http://127.1:4000/", Denied::Scheme),
        ("https://127.1:4000/", Denied::Address),
        ("https://2130706433:4000/", Denied::Address),
        ("http://u@127.0.0.1:4000/", Denied::Userinfo),
        ("http://127.0.0.1:4000\\@example.org/", Denied::Character),
        ("ftp://127.0.0.1:4000/", Denied::Scheme),
        ("ws://images:80/", Denied::Scheme),
        ("https://images/", Denied::Local),
        ("http://store.lan/", Denied::Scheme),
        ("http://example.org/", Denied::Scheme),
        ("http://broken/", Denied::Scheme),
    ] {
        assert_eq!(allow(address, &rules), Err(why), "{address}");
    }
    let from = allow("http://127.0.0.1:4000/redirect", &rules).unwrap();
    assert!(follow(&from, "/there", &rules).is_ok());
    assert_eq!(follow(&from, "http://127.0.0.1:4001/", &rules), Err(Denied::Scheme));
    assert_eq!(follow(&from, "//169.254.169.254/", &rules), Err(Denied::Scheme));
    assert_eq!(follow(&from, "//127.1:4000/", &rules), Err(Denied::Scheme), "not as it's written");
    assert_eq!(follow(&from, "https://127.1:4000/", &rules), Err(Denied::Address), "nor so");
    assert!(follow(&from, "//127.0.0.1:4000/", &rules).is_ok());
    assert_eq!(from.host(), "127.0.0.1:4000");
}

#[test]
fn we_are_never_asked_by_ourselves() {
    for (origin, address) in [
        (ORIGIN, "https://picasso.example.org/x"),
        (ORIGIN, "https://PICASSO.example.org./x"),
        ("https://picasso.example.org:8443", "https://picasso.example.org:8443/"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787/public/x"),
    ] {
        let rules = Rules::new("picasso.example.org:443,127.0.0.1:8787", origin);
        assert_eq!(allow(address, &rules), Err(Denied::Own), "{address}");
    }
}
