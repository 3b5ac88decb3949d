//! Directives in braces that steer the painter: `{miss}`, `{miss:openai}`, `{miss:gemini#1}`, `{twin}`,
//! `{twin:gemini}`, `{slow:800}`, `{slow:workers:800}`. Whatever stands in braces is taken out of the prompt before
//! anything is drawn or judged; what isn't a directive in there is ignored.

use crate::service::Provider;

/// The longest wait that a directive can ask for, milliseconds: a typing error shouldn't look like a hang.
const MAX_SLOW_MS: u64 = 600_000;

/// What one pair of braces asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Paint something else than was asked.
    Miss {
        /// Only this provider; all of them when absent.
        provider: Option<Provider>,
        /// Only the nth call, 1-based, of that provider for this prompt.
        nth: Option<u64>,
    },
    /// Paint the same composition at every call.
    Twin {
        /// Only this provider; all of them when absent.
        provider: Option<Provider>,
    },
    /// Answer late.
    Slow {
        /// Only this provider; all of them when absent.
        provider: Option<Provider>,
        /// Milliseconds.
        ms: u64,
    },
}

/// Takes every brace group out of `text`: what is left, and the directives among them.
pub fn extract(text: &str) -> (String, Vec<Directive>) {
    let mut plain = String::with_capacity(text.len());
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        plain.push_str(before);
        let Some((inside, after)) = tail.split_once('}') else {
            // An unclosed brace is ordinary text.
            plain.push_str(tail);
            return (plain, found);
        };
        plain.push(' ');
        found.extend(parse(inside));
        rest = after;
    }
    plain.push_str(rest);
    (plain, found)
}

/// What applies to one provider's nth call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Paint the wrong thing.
    pub miss: bool,
    /// Paint the same as last time.
    pub twin: bool,
    /// Milliseconds to wait before answering.
    pub slow_ms: u64,
}

impl Orders {
    /// Reads the directives for `provider`'s `nth` call (1-based).
    pub fn of(directives: &[Directive], provider: Provider, nth: u64) -> Self {
        let mut orders = Self::default();
        let mine = |asked: &Option<Provider>| asked.is_none_or(|asked| asked == provider);
        for directive in directives {
            match directive {
                Directive::Miss { provider, nth: only } if mine(provider) => {
                    orders.miss |= only.is_none_or(|only| only == nth);
                }
                Directive::Twin { provider } if mine(provider) => orders.twin = true,
                Directive::Slow { provider, ms } if mine(provider) => orders.slow_ms = *ms,
                Directive::Miss { .. } | Directive::Twin { .. } | Directive::Slow { .. } => {}
            }
        }
        orders
    }
}

fn parse(inside: &str) -> Option<Directive> {
    let inside = inside.trim().to_lowercase();
    let (head, nth) = match inside.split_once('#') {
        Some((head, nth)) => (head, Some(nth.parse().ok()?)),
        None => (inside.as_str(), None),
    };
    let mut words = head.split(':').map(str::trim);
    let name = words.next()?;
    let rest: Vec<&str> = words.collect();
    let provider = match rest.first() {
        Some(word) => Provider::parse(word),
        None => None,
    };
    match (name, rest.as_slice()) {
        ("miss", []) => Some(Directive::Miss { provider: None, nth }),
        ("miss", [_]) => Some(Directive::Miss { provider: Some(provider?), nth }),
        ("twin", []) => Some(Directive::Twin { provider: None }),
        ("twin", [_]) => Some(Directive::Twin { provider: Some(provider?) }),
        ("slow", [ms]) => Some(Directive::Slow { provider: None, ms: wait(ms)? }),
        ("slow", [_, ms]) => Some(Directive::Slow { provider: Some(provider?), ms: wait(ms)? }),
        _ => None,
    }
}

fn wait(ms: &str) -> Option<u64> {
    ms.parse::<u64>().ok().map(|ms| ms.min(MAX_SLOW_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(prompt: &str, provider: Provider, nth: u64) -> Orders {
        Orders::of(&extract(prompt).1, provider, nth)
    }

    #[test]
    fn directives_leave_the_text() {
        let (plain, found) = extract("a red boat{miss} at {slow:gemini:20}sea {nonsense}");
        assert_eq!(plain, "a red boat  at  sea  ");
        assert_eq!(found.len(), 2);
        assert_eq!(extract("an {open brace").0, "an open brace");
    }

    #[test]
    fn a_miss_can_be_for_one_provider_and_one_call() {
        assert!(orders("x {miss}", Provider::Workers, 7).miss);
        assert!(orders("x {miss:openai}", Provider::Openai, 2).miss);
        assert!(!orders("x {miss:openai}", Provider::Gemini, 2).miss);
        assert!(orders("x {miss:gemini#1}", Provider::Gemini, 1).miss);
        assert!(!orders("x {miss:gemini#1}", Provider::Gemini, 2).miss);
        assert!(!orders("x {miss:dali}", Provider::Gemini, 1).miss);
    }

    #[test]
    fn twins_and_waits() {
        assert!(orders("x {twin}", Provider::Workers, 1).twin);
        assert!(!orders("x {twin:gemini}", Provider::Workers, 1).twin);
        assert_eq!(orders("x {slow:250}", Provider::Openai, 1).slow_ms, 250);
        assert_eq!(orders("x {slow:workers:250}", Provider::Openai, 1).slow_ms, 0);
        assert_eq!(orders("x {slow:99999999999}", Provider::Openai, 1).slow_ms, MAX_SLOW_MS);
    }
}
