//! Faults on demand: rules that a test installs, and which of them a call meets.
//!
//! A rule fires at most `times` times (for ever when absent), the oldest matching rule first. What a fault looks
//! like on the wire is each provider's own business and lives with its routes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::service::{Service, Task};

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
        /// What stands in `response`: usually a string, an object where JSON mode is played.
        response: Value,
    },
    /// Too many requests, with the wait in whichever forms are given.
    Rate(Wait),
    /// The key isn't accepted.
    Auth,
    /// The provider has no capacity, in its own words.
    Overloaded,
    /// Another address.
    Redirect {
        /// HTTP status, 300 to 399.
        #[serde(default = "found")]
        status: u16,
        /// Where to; absent: to the very address that was asked, a loop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
    },
    /// The right answer in small pieces.
    SlowDrip {
        /// Milliseconds from the first piece to the last.
        ms: u64,
    },
    /// The right answer after a wait, and for the provider the call is done and billed whether or not somebody still
    /// waits for it; with `delay` a client that leaves takes the call along.
    LateSuccess {
        /// Milliseconds to wait first.
        ms: u64,
    },
    /// The right answer with blanks behind it until it has this length; without a `content-length`.
    TooLarge {
        /// Bytes.
        bytes: u64,
    },
    /// The right answer without usage figures.
    NoUsage,
    /// The right answer with other usage figures.
    WrongUsage {
        /// What stands in their place; absent: figures that can't be true.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Value>,
    },
    /// A stream that ends in order before its last event; what isn't streamed is cut as with `cut_body`.
    CutStream,
    /// A stream that says in its last event that the provider has no capacity; what isn't streamed says it at once.
    StreamError,
    /// Gemini thinks before it answers: a thought and a sketch, both marked as such, then the right answer.
    Thoughts,
    /// Gemini's thoughts and nothing else. The others send no image.
    ThoughtOnly,
}

/// How a provider says when to come back; every form in use, each only when it's given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wait {
    /// `retry-after: 2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// `retry-after` as an HTTP date so many seconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_in_seconds: Option<u64>,
    /// `retry-after-ms: 1500`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Gemini's `RetryInfo.retryDelay`, like `46s`; the others don't have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_delay: Option<String>,
    /// `x-should-retry: true` or `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_retry: Option<bool>,
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
            Self::Rate(_) => "rate",
            Self::Auth => "auth",
            Self::Overloaded => "overloaded",
            Self::Redirect { .. } => "redirect",
            Self::SlowDrip { .. } => "slow_drip",
            Self::LateSuccess { .. } => "late_success",
            Self::TooLarge { .. } => "too_large",
            Self::NoUsage => "no_usage",
            Self::WrongUsage { .. } => "wrong_usage",
            Self::CutStream => "cut_stream",
            Self::StreamError => "stream_error",
            Self::Thoughts => "thoughts",
            Self::ThoughtOnly => "thought_only",
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
    /// Only calls of this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Only calls of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// How many calls still fail; for ever when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens to them.
    pub fault: Fault,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Whose route was called.
    pub service: Service,
    /// The model's id.
    pub model: &'a str,
    /// The whole prompt.
    pub prompt: &'a str,
    /// The kind of work.
    pub task: Task,
}

impl Rule {
    fn fits(&self, target: Target) -> bool {
        self.provider == target.service
            && self.times != Some(0)
            && self.prompt_contains.as_deref().is_none_or(|needle| target.prompt.contains(needle))
            && self.model.as_deref().is_none_or(|model| target.model == model)
            && self.task.is_none_or(|task| target.task == task)
    }
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
    pub fn take(&self, target: Target) -> Option<Fault> {
        self.with(|rules| {
            let rule = rules.iter_mut().find(|rule| rule.fits(target))?;
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

fn found() -> u16 {
    302
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(value: Value) -> Rule {
        serde_json::from_value(value).unwrap()
    }

    fn call(service: Service, prompt: &str) -> Target<'_> {
        Target { service, model: "m", prompt, task: Task::Generate }
    }

    #[test]
    fn a_rule_can_be_for_one_model_and_one_kind_of_work() {
        let rules = Rules::default();
        rules.add(rule(
            json!({"provider": "openai", "model": "m", "task": "edit", "fault": {"kind": "auth"}}),
        ));
        assert_eq!(rules.take(call(Service::Openai, "")), None);
        let edit = Target { task: Task::Edit, ..call(Service::Openai, "") };
        assert_eq!(rules.take(Target { model: "other", ..edit }), None);
        assert_eq!(rules.take(edit), Some(Fault::Auth));
    }

    #[test]
    fn a_rule_fires_for_its_provider_its_prompt_and_its_times() {
        let rules = Rules::default();
        rules.add(rule(json!({"provider": "gemini", "promptContains": "boat", "times": 2,
            "fault": {"kind": "status", "status": 503, "headers": {"retry-after": "2"}}})));
        assert_eq!(rules.take(call(Service::Openai, "a boat")), None);
        assert_eq!(rules.take(call(Service::Gemini, "a car")), None);
        assert_eq!(rules.take(call(Service::Gemini, "a boat")).unwrap().kind(), "status");
        assert_eq!(rules.list()[0].times, Some(1));
        assert!(rules.take(call(Service::Gemini, "a boat")).is_some());
        assert_eq!(rules.take(call(Service::Gemini, "a boat")), None);
        assert!(rules.list().is_empty());
    }

    #[test]
    fn without_times_it_fires_for_ever_and_the_oldest_rule_wins() {
        let rules = Rules::default();
        rules.add(rule(json!({"provider": "vision", "times": null, "fault": {"kind": "hang"}})));
        rules.add(rule(json!({"provider": "vision", "fault": {"kind": "close"}})));
        for _ in 0..5 {
            assert_eq!(rules.take(call(Service::Vision, "")), Some(Fault::Hang));
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
            json!({"provider": "gemini", "fault": {"kind": "rate", "minutes": 1}}),
        ] {
            assert!(serde_json::from_value::<Rule>(bad).is_err());
        }
    }
}
