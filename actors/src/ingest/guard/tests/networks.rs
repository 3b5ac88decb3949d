//! The special networks, from a table of their own: every address in them is refused in every spelling, and a name that
//! spells one is, too; a name that spells another isn't.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::{Denied, allow, is_special};
use super::rules;

/// IANA's special-purpose registries, in their own notation.
const SPECIAL_4: &str = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    255.255.255.255/32";
const SPECIAL_6: &str = "::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64
    2001::/32 2001:2::/48 2001:10::/28 2001:20::/28 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10
    fec0::/10 ff00::/8";

/// Rounds of each property: under a second in all.
const ROUNDS: u32 = 4_000;

/// `SplitMix64`: the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn bits(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

fn networks_4() -> Vec<(u32, u32)> {
    let read = |text: &str| {
        let (address, length) = text.split_once('/').unwrap();
        let length: u32 = length.parse().unwrap();
        (address.parse::<Ipv4Addr>().unwrap().to_bits(), u32::MAX.checked_shr(length).unwrap_or(0))
    };
    SPECIAL_4.split_whitespace().map(read).collect()
}

fn networks_6() -> Vec<(u128, u128)> {
    let read = |text: &str| {
        let (address, length) = text.split_once('/').unwrap();
        let length: u32 = length.parse().unwrap();
        (address.parse::<Ipv6Addr>().unwrap().to_bits(), u128::MAX.checked_shr(length).unwrap_or(0))
    };
    SPECIAL_6.split_whitespace().map(read).collect()
}

/// One number of an address in one of its bases.
fn number(value: u32, numbers: &mut Numbers) -> String {
    let zeros = "0".repeat(numbers.below(3));
    match numbers.below(4) {
        0 => format!("0x{zeros}{value:x}"),
        1 => format!("0X{zeros}{value:X}"),
        2 => format!("0{zeros}{value:o}"),
        _ => value.to_string(),
    }
}

/// An IPv4 address in one to four parts, each in a base of its own.
fn spelled_4(address: u32, numbers: &mut Numbers) -> String {
    let parts = 1 + numbers.below(4);
    let mut text = String::new();
    for part in 1..parts {
        let byte = (address >> (32 - 8 * part)) & 0xff;
        text.push_str(&number(byte, numbers));
        text.push('.');
    }
    let left = u64::from(address) & (u64::from(u32::MAX) >> (8 * (parts - 1)));
    text.push_str(&number(u32::try_from(left).unwrap(), numbers));
    text.push_str(numbers.one_of(&["", "."]));
    text
}

fn spelled_6(address: u128, numbers: &mut Numbers) -> String {
    let plain = Ipv6Addr::from_bits(address);
    let [.., c, d] = plain.segments();
    let head: Vec<String> = plain.segments().iter().map(|segment| format!("{segment:04x}")).collect();
    match numbers.below(4) {
        0 => plain.to_string(),
        1 => head.join(":").to_uppercase(),
        2 => format!("{}:{}", head[..6].join(":"), Ipv4Addr::from_bits(u32::from(c) << 16 | u32::from(d))),
        _ => head.join(":").replace(":0", ":"),
    }
}

#[test]
fn every_special_address_is_refused_in_every_spelling() {
    let mut numbers = Numbers(1);
    let (four, six) = (networks_4(), networks_6());
    for _ in 0..ROUNDS {
        let (first, host) = numbers.one_of(&four);
        let address = first | (u32::try_from(numbers.next() >> 32).unwrap() & host);
        let port = numbers.one_of(&["", ":443", ":8080"]);
        let url = format!("https://{}{port}/", spelled_4(address, &mut numbers));
        assert_eq!(allow(&url, &rules()), Err(Denied::Address), "{url}: {}", Ipv4Addr::from_bits(address));

        let (first, host) = numbers.one_of(&six);
        let address = first | (numbers.bits() & host);
        let url = format!("https://[{}]{port}/", spelled_6(address, &mut numbers));
        assert_eq!(allow(&url, &rules()), Err(Denied::Address), "{url}: {}", Ipv6Addr::from_bits(address));
    }
}

#[test]
fn the_special_networks_are_those_of_the_registry_to_the_bit() {
    let networks = networks_4();
    let listed = |address: u32| networks.iter().any(|(first, host)| address & !host == *first);
    let mut numbers = Numbers(2);
    let edges = networks.iter().flat_map(|(first, host)| {
        [*first, first | host, first.wrapping_sub(1), (first | host).wrapping_add(1)]
    });
    let random = std::iter::repeat_with(|| u32::try_from(numbers.next() >> 32).unwrap()).take(50_000);
    for address in edges.chain(random) {
        let address = Ipv4Addr::from_bits(address);
        assert_eq!(is_special(address), listed(address.to_bits()), "{address}");
        let known = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_broadcast()
            || address.is_documentation()
            || address.is_multicast()
            || address.is_unspecified();
        assert!(is_special(address) || !known, "{address}");
    }
}

#[test]
fn a_name_is_refused_when_it_spells_a_special_address() {
    let networks = networks_4();
    let listed = |address: u32| networks.iter().any(|(first, host)| address & !host == *first);
    let mut numbers = Numbers(3);
    let mut met = [false; 2];
    for round in 0..ROUNDS {
        let any = u32::try_from(numbers.next() >> 32).unwrap();
        let (first, host) = numbers.one_of(&networks);
        let address = if round % 2 == 0 { any } else { first | (any & host) };
        let [a, b, c, d] = Ipv4Addr::from_bits(address).octets();
        let (before, after) =
            (numbers.one_of(&["", "app.", "app-", "a.b."]), numbers.one_of(&["", ".app", "-app"]));
        let mut dash = || numbers.one_of(&['.', '-']);
        let name = format!("{before}{a}{}{b}{}{c}{}{d}{after}.example.net", dash(), dash(), dash());
        let expected = if listed(address) { Err(Denied::Resolver) } else { Ok(()) };
        met[usize::from(listed(address))] = true;
        assert_eq!(allow(&format!("https://{name}/"), &rules()).map(|_| ()), expected, "{name}");
    }
    assert_eq!(met, [true; 2]);
}

/// Whatever comes in, what goes out is https to a public name, and reads as itself.
#[test]
fn what_is_allowed_is_always_https_to_a_name() {
    const PIECES: [&str; 40] = [
        "https://",
        "http://",
        "HTTPS:",
        "/",
        "//",
        "\\",
        "@",
        ":",
        ":443",
        ":80",
        "?",
        "#",
        "%",
        "%2e",
        "%00",
        ".",
        "..",
        "-",
        "_",
        "[",
        "]",
        "::1",
        "127",
        "0x7f",
        "017",
        "1",
        "localhost",
        "example",
        "org",
        "com",
        "nip.io",
        "xn--",
        "é",
        "。",
        "\t",
        " ",
        "\u{200b}",
        "a",
        "internal",
        "2130706433",
    ];
    let mut numbers = Numbers(4);
    let (mut allowed, rules) = (0, rules());
    for _ in 0..100_000 {
        let mut text = numbers.one_of(&["", "https://", "https://a.", "https://example.org"]).to_owned();
        for _ in 0..=numbers.below(7) {
            text.push_str(numbers.one_of(&PIECES));
        }
        let Ok(target) = allow(&text, &rules) else { continue };
        allowed += 1;
        let url = url::Url::parse(target.href()).unwrap();
        assert_eq!(
            (url.scheme(), url.port(), url.username(), url.fragment()),
            ("https", None, "", None),
            "{text:?}"
        );
        let name = url.domain().unwrap_or_else(|| panic!("{text:?}"));
        assert!(name.contains('.') && name.bytes().any(|byte| byte.is_ascii_alphabetic()), "{text:?}");
        assert!(!name.ends_with(".localhost") && !name.ends_with(".internal"), "{text:?}");
        assert_eq!(allow(target.href(), &rules).as_ref(), Ok(&target), "{text:?}");
    }
    assert!(allowed > 1_000, "{allowed}");
}
