//! Faults on demand: rules that a test installs, and which of them a call meets.
//!
//! A rule fires at most `times` times (for ever when absent), the oldest matching rule first. What a fault looks
//! like on the wire is each provider's own business and lives with its routes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::service::Service;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An HTTP error, by default with the provider's own body for that status.
    Status {
        /// HTTP status, 100 to 599.
        status: u16,
        /// Extra response headers, e.g. `retry-after`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// A body in place of the provider's own: a string is sent as it is, anything else as JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
    },
    /// 200 without an image, in the provider's own way.
    NoImage {
        /// Gemini's `finishReason`; `NO_IMAGE` when absent. The others ignore it.
        #[serde(default, rename = "finishReason", skip_serializing_if = "Option::is_none")]
        finish_reason: Option<String>,
    },
    /// Never answers; lasts until the client leaves.
    Hang,
    /// The connection is closed without one byte of reply.
    Close,
    /// The right answer, late.
    Delay {
        /// Milliseconds to wait first.
        ms: u64,
    },
    /// The right answer's headers and the first half of its body, then the connection is closed.
    CutBody,
    /// 200 with an HTML page, as a captive portal or a broken proxy sends.
    #[serde(rename = "html_200")]
    Html200,
    /// A well-formed answer whose "image" is valid base64 of something that is no image.
    WrongBytes,
    /// The provider's moderation refuses the prompt.
    Moderation,
    /// The account has used up what it paid for.
    Quota,
    /// The model was shut down.
    ModelGone,
    /// Workers AI 5016 until somebody sends the prompt `agree`.
    License,
    /// The vision or text model says exactly this.
    Text {
        /// The text in `response`.
        response: String,
    },
}

impl Fault {
    /// The `kind` of the control routes; also the outcome in the call log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::NoImage { .. } => "no_image",
            Self::Hang => "hang",
            Self::Close => "close",
            Self::Delay { .. } => "delay",
            Self::CutBody => "cut_body",
            Self::Html200 => "html_200",
            Self::WrongBytes => "wrong_bytes",
            Self::Moderation => "moderation",
            Self::Quota => "quota",
            Self::ModelGone => "model_gone",
            Self::License => "license",
            Self::Text { .. } => "text",
        }
    }
}

/// A fault and the calls that it is meant for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Whose calls fail.
    pub provider: Service,
    /// Only calls whose prompt contains this text (case-sensitive); every call when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_contains: Option<String>,
    /// How many calls still fail; for ever when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens to them.
    pub fault: Fault,
}

/// The installed rules. Cheap to share behind the state.
#[derive(Debug, Default)]
pub struct Rules(Mutex<Vec<Rule>>);

impl Rules {
    /// Installs a rule after the others.
    pub fn add(&self, rule: Rule) {
        self.with(|rules| rules.push(rule));
    }

    /// The rules that can still fire.
    pub fn list(&self) -> Vec<Rule> {
        self.with(|rules| rules.clone())
    }

    /// Removes every rule.
    pub fn clear(&self) {
        self.with(Vec::clear);
    }

    /// The fault that this call meets, if any; counts as one of the rule's times.
    pub fn take(&self, service: Service, prompt: &str) -> Option<Fault> {
        self.with(|rules| {
            let rule = rules.iter_mut().find(|rule| {
                rule.provider == service
                    && rule.times != Some(0)
                    && rule.prompt_contains.as_deref().is_none_or(|needle| prompt.contains(needle))
            })?;
            rule.times = rule.times.map(|times| times.saturating_sub(1));
            let fault = rule.fault.clone();
            rules.retain(|rule| rule.times != Some(0));
            Some(fault)
        })
    }

    /// Somebody agreed to the licence: the rules that wait for it are done. True when there was one.
    pub fn agree(&self) -> bool {
        self.with(|rules| {
            let before = rules.len();
            rules.retain(|rule| rule.fault != Fault::License);
            rules.len() != before
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Rule>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(value: Value) -> Rule {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_rule_fires_for_its_provider_its_prompt_and_its_times() {
        let rules = Rules::default();
        rules.add(rule(json!({"provider": "gemini", "promptContains": "boat", "times": 2,
            "fault": {"kind": "status", "status": 503, "headers": {"retry-after": "2"}}})));
        assert_eq!(rules.take(Service::Openai, "a boat"), None);
        assert_eq!(rules.take(Service::Gemini, "a car"), None);
        assert_eq!(rules.take(Service::Gemini, "a boat").unwrap().kind(), "status");
        assert_eq!(rules.list()[0].times, Some(1));
        assert!(rules.take(Service::Gemini, "a boat").is_some());
        assert_eq!(rules.take(Service::Gemini, "a boat"), None);
        assert!(rules.list().is_empty());
    }

    #[test]
    fn without_times_it_fires_for_ever_and_the_oldest_rule_wins() {
        let rules = Rules::default();
        rules.add(rule(json!({"provider": "vision", "times": null, "fault": {"kind": "hang"}})));
        rules.add(rule(json!({"provider": "vision", "fault": {"kind": "close"}})));
        for _ in 0..5 {
            assert_eq!(rules.take(Service::Vision, ""), Some(Fault::Hang));
        }
    }

    #[test]
    fn agreeing_ends_the_licence_rule_only() {
        let rules = Rules::default();
        rules.add(rule(json!({"provider": "vision", "fault": {"kind": "license"}})));
        rules.add(rule(json!({"provider": "text", "fault": {"kind": "html_200"}})));
        assert!(rules.agree());
        assert!(!rules.agree());
        assert_eq!(rules.list().len(), 1);
    }

    #[test]
    fn an_unknown_kind_or_field_is_refused() {
        for bad in [
            json!({"provider": "gemini", "fault": {"kind": "gremlin"}}),
            json!({"provider": "dali", "fault": {"kind": "hang"}}),
            json!({"provider": "gemini", "prompt": "x", "fault": {"kind": "hang"}}),
        ] {
            assert!(serde_json::from_value::<Rule>(bad).is_err());
        }
    }
}
