//! What the routes share: the fault rules, the call log, how often each prompt was painted, and what
//! the origin was asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::call::Log;
use crate::fault::Rules;
use crate::paint::Order;
use crate::scene::{Brief, Directive, Orders, directive, hash};
use crate::service::Provider;

/// The emulator. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Emulator {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Rules,
    log: Log,
    /// Directives that apply to every prompt that contains the text, without standing in it.
    directives: Mutex<Vec<(String, Vec<Directive>)>>,
    /// Paintings so far, by provider and the scene with its directives.
    painted: Mutex<HashMap<(Provider, u64), u64>>,
    requests: AtomicU64,
    /// How often each address of the origin was asked for.
    hits: Mutex<BTreeMap<String, u64>>,
}

/// An order for one picture, with what the directives say about delivering it.
#[derive(Clone, Debug)]
pub struct Commission {
    /// What to paint.
    pub order: Order,
    /// Milliseconds to wait before answering.
    pub slow_ms: u64,
}

impl Emulator {
    /// The installed faults.
    pub fn rules(&self) -> &Rules {
        &self.inner.rules
    }

    /// The calls so far.
    pub fn log(&self) -> &Log {
        &self.inner.log
    }

    /// Steers the painter from outside the prompt: `directives`, in braces, apply to every prompt that contains `text`.
    /// Returns how many were understood.
    pub fn steer(&self, text: String, directives: &str) -> usize {
        let (_, found) = directive::extract(directives);
        let count = found.len();
        self.inner.directives.lock().unwrap_or_else(PoisonError::into_inner).push((text, found));
        count
    }

    /// A number that no other request of this process has, for ids in answers.
    pub fn request_number(&self) -> u64 {
        self.inner.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts a request to the origin.
    pub fn hit(&self, address: &str) {
        let mut hits = self.inner.hits.lock().unwrap_or_else(PoisonError::into_inner);
        *hits.entry(address.to_owned()).or_insert(0) += 1;
    }

    /// How often each address of the origin that contains `needle` was asked for.
    pub fn hits(&self, needle: &str) -> BTreeMap<String, u64> {
        let hits = self.inner.hits.lock().unwrap_or_else(PoisonError::into_inner);
        hits.iter().filter(|(address, _)| address.contains(needle)).map(|(a, n)| (a.clone(), *n)).collect()
    }

    /// Counts the origin's requests from nothing again.
    pub fn forget_hits(&self) {
        self.inner.hits.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Orders the next picture of `prompt`. Only calls that get as far as painting count as "asked before", so that
    /// a call that a fault took and its retry get the picture that one call would have got.
    pub fn commission(
        &self,
        provider: Provider,
        prompt: &str,
        seed: Option<u64>,
        size: (u32, u32),
    ) -> Commission {
        let brief = Brief::read(prompt);
        let identity = crate::scene::first_paragraph(prompt);
        let nth = {
            let mut painted = self.inner.painted.lock().unwrap_or_else(PoisonError::into_inner);
            let count = painted.entry((provider, hash(identity.as_bytes()))).or_insert(0);
            *count += 1;
            *count
        };
        let mut directives = brief.directives;
        let steered = self.inner.directives.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, more) in steered.iter().filter(|(text, _)| prompt.contains(text)) {
            directives.extend(more.iter().cloned());
        }
        drop(steered);
        let orders = Orders::of(&directives, provider, nth);
        let order = Order {
            provider,
            size,
            variant: if orders.twin { 1 } else { seed.unwrap_or(nth) },
            miss: orders.miss,
            twin: orders.twin.then_some(nth),
            scene: brief.scene,
        };
        Commission { order, slow_ms: orders.slow_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_steered_without_showing_it() {
        let emulator = Emulator::default();
        assert_eq!(emulator.steer("regatta".to_owned(), "{twin:gemini} {miss:openai#2}"), 2);
        assert_eq!(emulator.steer("regatta".to_owned(), "nothing"), 0);
        let order = |provider, prompt| emulator.commission(provider, prompt, None, (64, 64)).order;
        assert!(order(Provider::Gemini, "a regatta").twin.is_some());
        assert!(order(Provider::Gemini, "a harbour").twin.is_none());
        assert!(!order(Provider::Openai, "a regatta").miss, "the first");
        assert!(order(Provider::Openai, "a regatta").miss, "the second");
    }
}
