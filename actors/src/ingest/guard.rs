//! Which addresses may be asked for a picture: public names over https, and nothing that has another meaning to another
//! reader. What is odd is refused, not mended, so that the platform can't understand an address otherwise than it was
//! understood here; what is asked for is the address as it was read, not as it was written.
//!
//! A Worker can't see what a name resolves to: `docs/security.md` says what follows from that. Names of services that
//! resolve to whatever address the name spells are refused, and so is a name with a special address spelled in it.

use std::net::Ipv4Addr;

use url::{Host, ParseError, Position, Url};

use names::{LOCAL, RESOLVERS};

mod names;

/// Longest address, in bytes.
pub const URL_MAX: usize = 2_048;

/// Networks that are no public hosts', by their first address and the length of their prefix (IANA's registry of special
/// addresses, multicast and class E).
const SPECIAL: [(u32, u32); 14] = [
    (0x0000_0000, 8),
    (0x0a00_0000, 8),
    (0x6440_0000, 10),
    (0x7f00_0000, 8),
    (0xa9fe_0000, 16),
    (0xac10_0000, 12),
    (0xc000_0000, 24),
    (0xc000_0200, 24),
    (0xc058_6300, 24),
    (0xc0a8_0000, 16),
    (0xc612_0000, 15),
    (0xc633_6400, 24),
    (0xcb00_7100, 24),
    (0xe000_0000, 3),
];

/// An address that may be asked, as it's to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    href: String,
    authority: String,
}

/// What holds in this place: whom one may ask although they aren't public, and who we are ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    exceptions: Vec<String>,
    origin: String,
    own: String,
}

/// Why an address may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// More than [`URL_MAX`] bytes.
    #[error("the address is longer than {URL_MAX} bytes")]
    Long,
    /// White space, a control character or a backslash.
    #[error("the address has a character that no address may have")]
    Character,
    /// Not `https://`.
    #[error("the address must begin with https:// and a name")]
    Scheme,
    /// A name or password before the host.
    #[error("the address must have no user name or password")]
    Userinfo,
    /// Not 443.
    #[error("the address must have no other port than 443")]
    Port,
    /// An IP address, in whatever spelling, where a name should be.
    #[error("the host must be a name, not an IP address")]
    Address,
    /// A host that isn't a name in its plain form.
    #[error("the host isn't a name in plain ASCII letters, digits and hyphens")]
    Host,
    /// A name that has a meaning in some network only.
    #[error("the host isn't a public name")]
    Local,
    /// A name that spells the address that it resolves to.
    #[error("the host's name stands for an IP address")]
    Resolver,
    /// This service itself.
    #[error("the address is one of this service's own, and no upload of the project")]
    Own,
    /// An upload or a progression, but of another project.
    #[error("the picture belongs to another project")]
    Foreign,
}

impl Target {
    /// The whole address, without its fragment.
    pub fn href(&self) -> &str {
        &self.href
    }

    /// Host and port, for people.
    pub fn host(&self) -> &str {
        self.authority.strip_suffix(":443").unwrap_or(&self.authority)
    }
}

impl Rules {
    /// `allow_hosts` is the variable `INGEST_ALLOW_HOSTS`: `host:port`, several with commas, each exactly as it will be in
    /// addresses. `origin` is ours, as the request that is being answered has it.
    pub fn new(allow_hosts: &str, origin: &str) -> Self {
        let exceptions = allow_hosts.split(',').map(|entry| entry.trim().to_ascii_lowercase());
        Self {
            exceptions: exceptions.filter(|entry| !entry.is_empty()).collect(),
            origin: origin.to_owned(),
            own: Url::parse(origin).ok().and_then(|url| authority(&url)).unwrap_or_default(),
        }
    }

    /// Our own origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Whether an address may be asked.
///
/// # Errors
/// [`Denied`].
pub fn allow(text: &str, rules: &Rules) -> Result<Target, Denied> {
    readable(text)?;
    let (scheme, rest) = text.split_once("://").ok_or(Denied::Scheme)?;
    let written = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if written.contains('@') {
        return Err(Denied::Userinfo);
    }
    if !written.is_ascii() || written.contains('%') {
        return Err(Denied::Host);
    }
    let url = Url::parse(text).map_err(unreadable)?;
    let target = target(&url).ok_or(Denied::Scheme)?;
    if target.authority == rules.own {
        return Err(Denied::Own);
    }
    let plain = is_plain(&written.to_ascii_lowercase(), &url);
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if plain && web && rules.exceptions.contains(&target.authority) {
        return Ok(target);
    }
    if !scheme.eq_ignore_ascii_case("https") {
        return Err(Denied::Scheme);
    }
    match url.host() {
        Some(Host::Domain(name)) => public(name.strip_suffix('.').unwrap_or(name))?,
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(Denied::Address),
        None => return Err(Denied::Host),
    }
    if url.port().is_some() {
        return Err(Denied::Port);
    }
    if plain { Ok(target) } else { Err(Denied::Host) }
}

/// Whether the address that an answer of `from` refers to may be asked.
///
/// # Errors
/// [`Denied`].
pub fn follow(from: &Target, location: &str, rules: &Rules) -> Result<Target, Denied> {
    readable(location)?;
    // What names a host is read as it's written; joined, it would have been mended.
    if location.split(['/', '?', '#']).next().is_some_and(|before| before.contains(':')) {
        return allow(location, rules);
    }
    if location.starts_with("//") {
        let scheme = from.href.split("//").next().unwrap_or_default();
        return allow(&format!("{scheme}{location}"), rules);
    }
    let next = Url::parse(&from.href).and_then(|url| url.join(location)).map_err(unreadable)?;
    allow(next.as_str(), rules)
}

fn readable(text: &str) -> Result<(), Denied> {
    if text.len() > URL_MAX {
        return Err(Denied::Long);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(Denied::Character);
    }
    Ok(())
}

const fn unreadable(error: ParseError) -> Denied {
    match error {
        ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address => Denied::Address,
        ParseError::InvalidPort => Denied::Port,
        ParseError::RelativeUrlWithoutBase | ParseError::EmptyHost => Denied::Scheme,
        _ => Denied::Host,
    }
}

/// A host without the dot that may end a name.
fn host(url: &Url) -> Option<&str> {
    url.host_str().map(|host| host.strip_suffix('.').unwrap_or(host))
}

/// Host and port, the port always.
fn authority(url: &Url) -> Option<String> {
    Some(format!("{}:{}", host(url)?, url.port_or_known_default()?))
}

fn target(url: &Url) -> Option<Target> {
    let port = &url[Position::AfterHost..Position::BeforePath];
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let href = format!("{}://{}{port}{path}", url.scheme(), host(url)?);
    Some(Target { href, authority: authority(url)? })
}

/// Whether host and port are written as they were read.
fn is_plain(written: &str, url: &Url) -> bool {
    let port = url.host_str().and_then(|host| written.strip_prefix(host));
    port.is_some_and(|port| {
        port.is_empty() || url.port_or_known_default().is_some_and(|number| port == format!(":{number}"))
    })
}

/// Whether everybody means the same by a name.
fn public(name: &str) -> Result<(), Denied> {
    let labels: Vec<&str> = name.split('.').collect();
    let is_top =
        |label: &&str| label.starts_with("xn--") || label.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_name = labels.iter().all(|label| is_label(label)) && labels.last().is_some_and(is_top);
    if name.len() > 253 || !is_name {
        return Err(Denied::Host);
    }
    if labels.len() < 2 || LOCAL.iter().any(|suffix| is_under(name, suffix)) {
        return Err(Denied::Local);
    }
    if RESOLVERS.iter().any(|suffix| is_under(name, suffix)) || spells_special(name) {
        return Err(Denied::Resolver);
    }
    Ok(())
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn is_under(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether four numbers in a row, with dots or hyphens between them, are a special address.
fn spells_special(name: &str) -> bool {
    let parts: Vec<Option<u8>> = name.split(['.', '-']).map(|part| part.parse().ok()).collect();
    parts.windows(4).any(|four| match four {
        [Some(a), Some(b), Some(c), Some(d)] => is_special(Ipv4Addr::new(*a, *b, *c, *d)),
        _ => false,
    })
}

fn is_special(address: Ipv4Addr) -> bool {
    SPECIAL.iter().any(|(network, prefix)| (address.to_bits() ^ network) >> (32 - prefix) == 0)
}

#[cfg(test)]
mod tests;
