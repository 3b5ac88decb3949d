//! What a breaker is told, what it answers and what it keeps.

use picasso_actors::address::ActorName;
use picasso_actors::breaker::circuit::{Circuit, Pause};
use picasso_actors::breaker::{self, Answer, Circuits, Gauge, Permit, State, Verdict};
use picasso_actors::ids::BreakerId;
use picasso_actors::protocol::Message;
use picasso_actors::provider::{FailureClass, Provider};

use super::message::pin_message;
use super::{job, pin};

#[test]
fn messages_to_a_breaker_and_its_answers() {
    let message = Message::Breaker;
    assert_eq!(ActorName::Breaker(BreakerId::of(Provider::Openai)).to_string(), "breaker:openai");
    let model = || "gpt-image-2".to_owned();
    pin_message(
        &message(breaker::Message::Permit { model: model() }),
        r#"{"breaker":{"permit":{"model":"gpt-image-2"}}}"#,
    );
    for (verdict, literal) in [
        (Verdict::Served, r#""served""#),
        (Verdict::Trouble(FailureClass::Overloaded), r#"{"trouble":"overloaded"}"#),
        (Verdict::Unclear, r#""unclear""#),
    ] {
        let permit = Permit { at: 5, probe: true };
        let whole = r#"
            {"breaker":{"outcome":{"model":"gpt-image-2","job":"4fZk0PqLx81mWd2C-9aX2kLm0Qw3E",
            "permit":{"at":5,"probe":true},"verdict":VERDICT}}}
        "#;
        pin_message(
            &message(breaker::Message::Outcome { model: model(), job: job(), permit, verdict }),
            &whole.replace("VERDICT", literal),
        );
    }
    pin_message(&message(breaker::Message::Circuits), r#"{"breaker":"circuits"}"#);
    pin(&Answer::Go(Permit { at: 5, probe: false }), r#"{"go":{"at":5,"probe":false}}"#);
    pin(
        &Answer::Wait { until: 7, trouble: FailureClass::Timeout },
        r#"{"wait":{"until":7,"trouble":"timeout"}}"#,
    );
    for (state, name) in [(State::Closed, "closed"), (State::Open, "open"), (State::HalfOpen, "half-open")] {
        let gauge = Gauge { state, since: Some(5), until: None, recent_calls: 12, recent_trouble: 10 };
        let literal = r#"
            {"gpt-image-2":{"state":"STATE","since":5,"until":null,"recentCalls":12,"recentTrouble":10}}
        "#;
        pin(&Circuits::from([(model(), gauge)]), &literal.replace("STATE", name));
    }
}

#[test]
fn what_a_breaker_keeps() {
    pin(&Circuit { since: 5, pause: None }, r#"{"since":5}"#);
    let pause = Pause { until: 9, ms: 4, trouble: FailureClass::BadImage, probe_until: None };
    pin(
        &Circuit { since: 5, pause: Some(pause.clone()) },
        r#"{"since":5,"pause":{"until":9,"ms":4,"trouble":"bad_image"}}"#,
    );
    pin(
        &Circuit { since: 5, pause: Some(Pause { probe_until: Some(12), ..pause }) },
        r#"{"since":5,"pause":{"until":9,"ms":4,"trouble":"bad_image","probe_until":12}}"#,
    );
}
