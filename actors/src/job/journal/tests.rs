use super::*;

fn variant() -> Variant {
    Variant::new(
        Slot { ordinal: 0, provider: Provider::Openai, index: 0, retry_of: None, composes: false },
        1,
        1_000,
    )
}

fn started(stage: Stage, attempt: u32) -> Event {
    Event::Started { stage, attempt, lease_until: 100, holder: "a".into() }
}

#[test]
fn a_stage_is_tried_retried_and_done() {
    let mut it = variant();
    let failure = Failure::new(FailureClass::Rate, "slow down");
    it.apply(&started(Stage::Refine, 1), 1).unwrap();
    it.apply(&Event::Retry { stage: Stage::Refine, attempt: 1, failure, at: 9 }, 2).unwrap();
    assert_eq!((it.status.clone(), it.failures), (Status::Ready(9), 1));
    it.apply(&started(Stage::Refine, 2), 9).unwrap();
    it.apply(&Event::Lapsed { stage: Stage::Refine, attempt: 2 }, 10).unwrap();
    assert_eq!((it.status.clone(), it.failures), (Status::Ready(10), 1), "a lapse is nobody's failure");
    it.apply(&Event::Done(Done::Refine(Refined::plain("a boat"))), 11).unwrap();
    assert_eq!((it.stage, it.attempt, it.failures), (Stage::Generate, 0, 0));
}

#[test]
fn what_the_state_does_not_allow_is_refused_and_changes_nothing() {
    let mut it = variant();
    it.apply(&started(Stage::Refine, 1), 1).unwrap();
    let before = it.clone();
    for event in [
        started(Stage::Refine, 2),
        started(Stage::Generate, 1),
        Event::Lapsed { stage: Stage::Refine, attempt: 2 },
        Event::Done(Done::Settle),
        Event::Done(Done::Generate),
        Event::Failed {
            stage: Stage::Judge,
            failure: Failure::new(FailureClass::Auth, "no"),
            under_way: false,
        },
    ] {
        assert!(matches!(it.apply(&event, 2), Err(Fault::Illegal(_))), "{event:?}");
        assert_eq!(it, before);
    }
}

#[test]
fn an_attempt_can_outlive_its_variant_and_leave_a_picture() {
    let image = StoredImage {
        key: "k".into(),
        media_type: "image/png".into(),
        bytes: 1,
        width: 1,
        height: 1,
        model: "m".into(),
        usage: None,
        provider_ms: 1,
        original_key: None,
        provenance: None,
    };
    let cancelled = Failure::new(FailureClass::Cancelled, "cancelled");
    let mut it = variant();
    it.apply(&Event::Done(Done::Refine(Refined::plain("a boat"))), 1).unwrap();
    it.apply(&started(Stage::Generate, 1), 2).unwrap();
    it.apply(&Event::Failed { stage: Stage::Generate, failure: cancelled, under_way: true }, 3).unwrap();
    assert!(it.is_cancelled() && it.is_late(Stage::Generate, 1) && !it.is_late(Stage::Generate, 2));
    let mut lost = it.clone();
    lost.apply(&Event::Lapsed { stage: Stage::Generate, attempt: 1 }, 4).unwrap();
    assert!(lost.is_cancelled() && lost.late.is_none() && lost.image.is_none());
    it.apply(&Event::Discarded(image.clone()), 4).unwrap();
    assert!(it.is_cancelled() && it.late.is_none());
    assert_eq!(it.image, Some(image.clone()));
    assert!(it.apply(&Event::Discarded(image), 5).is_err(), "nothing is under way any more");
    it.apply(&Event::Superseded { by: 7 }, 6).unwrap();
    assert!(!it.is_current() && it.apply(&Event::Superseded { by: 8 }, 7).is_err());
}

#[test]
fn nothing_follows_an_end() {
    let mut it = variant();
    let failure = Failure::new(FailureClass::Auth, "no");
    it.apply(&Event::Failed { stage: Stage::Refine, failure: failure.clone(), under_way: false }, 1).unwrap();
    for event in [
        started(Stage::Refine, 1),
        Event::Done(Done::Refine(Refined::plain("x"))),
        Event::Failed { stage: Stage::Refine, failure, under_way: false },
    ] {
        assert!(it.apply(&event, 2).is_err(), "{event:?}");
    }
}
