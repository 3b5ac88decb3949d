//! From a specification to its variants: deterministic, so that planning again after a crash gives the same.

use crate::ids::fnv;
use crate::job::message::Spec;
use crate::provider::Provider;

/// One variant's place: provider × index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its number in the job, from 0; also the number in its R2 key.
    pub ordinal: u32,
    /// Who makes it.
    pub provider: Provider,
    /// Its number among the provider's variants, from 0.
    pub index: u32,
    /// The ordinal of the variant whose place it takes.
    pub retry_of: Option<u32>,
    /// A part of the start image must stay as it is.
    pub composes: bool,
}

/// Every variant of the job, provider by provider.
pub fn slots(spec: &Spec) -> Vec<Slot> {
    let pairs =
        spec.providers.iter().flat_map(|&provider| (0..spec.variants).map(move |index| (provider, index)));
    (0..)
        .zip(pairs)
        .map(|(ordinal, (provider, index))| Slot {
            ordinal,
            provider,
            index,
            retry_of: None,
            composes: spec.wishes.operation.keeps_pixels(),
        })
        .collect()
}

/// The seed that a variant asks its provider for, when nobody has named one: differs between the variants of a job and between jobs, and is the same
/// whenever the same step is tried again. FNV-1a over the job's id and the ordinal, cut to 31 bits, which is what the
/// pickiest provider takes.
pub fn seed(job: &str, ordinal: u32) -> u32 {
    fnv(job.bytes().chain(ordinal.to_le_bytes())) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ProjectId, SessionId};
    use crate::job::wishes::{Materials, Wishes};

    #[test]
    fn a_plan_goes_provider_by_provider_and_never_changes() {
        let spec = Spec {
            project_id: ProjectId::parse("4fZk0PqLx81mWd2C").unwrap(),
            session_id: SessionId::parse("s").unwrap(),
            prompt: "a boat".into(),
            providers: vec![Provider::Gemini, Provider::Openai],
            variants: 2,
            deadline_ms: 1,
            job_deadline_ms: 1,
            wishes: Wishes::default(),
            materials: Materials::default(),
            routes: Vec::new(),
            terms: crate::job::money::Terms::default(),
        };
        let places: Vec<(u32, &str, u32)> =
            slots(&spec).iter().map(|slot| (slot.ordinal, slot.provider.as_str(), slot.index)).collect();
        assert_eq!(places, [(0, "gemini", 0), (1, "gemini", 1), (2, "openai", 0), (3, "openai", 1)]);
        assert_eq!(slots(&spec), slots(&spec));
    }

    #[test]
    fn seeds_differ_within_a_job_and_between_jobs() {
        let mut seeds: Vec<u32> = (0..24).flat_map(|n| [seed("a-1", n), seed("a-2", n)]).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 48);
        assert_eq!(seed("a-1", 0), seed("a-1", 0));
        assert!(seeds.iter().all(|seed| *seed < 1 << 31));
    }
}
