use super::*;
use crate::ids::ProjectId;
use crate::job::Spec;

fn job(body: &str) -> Result<Spec, Invalid> {
    new_job(ProjectId::parse("4fZk0PqLx81mWd2C").unwrap(), body.as_bytes())
}

#[test]
fn a_job_has_its_defaults() {
    let spec =
        job(r#"{"prompt":"a boat","providers":["workers","openai"],"sessionId":"s","later":true}"#).unwrap();
    assert_eq!(spec.providers, [Provider::Workers, Provider::Openai]);
    assert_eq!((spec.variants, spec.deadline_ms), (1, DEADLINE_MS));
}

#[test]
fn every_no_names_its_field() {
    let long = "x".repeat(PROMPT_MAX + 1);
    let cases: Vec<(String, &str, InvalidKind)> = vec![
        ("{".into(), "body", InvalidKind::Malformed),
        (String::new(), "body", InvalidKind::Malformed),
        ("{} x".into(), "providers", InvalidKind::Field),
        ("[]".into(), "body", InvalidKind::Field),
        (r#" ["x",["openai"],1,"s"]"#.into(), "body", InvalidKind::Field),
        (r#"["x",["openai"],1,"s""#.into(), "body", InvalidKind::Malformed),
        ("null".into(), "body", InvalidKind::Field),
        (r#"{"prompt":1,"providers":["openai"],"sessionId":"s"}"#.into(), "prompt", InvalidKind::Field),
        (r#"{"prompt":" ","providers":["openai"],"sessionId":"s"}"#.into(), "prompt", InvalidKind::Field),
        (
            format!(r#"{{"prompt":"{long}","providers":["openai"],"sessionId":"s"}}"#),
            "prompt",
            InvalidKind::Field,
        ),
        (r#"{"providers":["openai"],"sessionId":"s"}"#.into(), "prompt", InvalidKind::Field),
        (r#"{"prompt":"x","providers":"openai","sessionId":"s"}"#.into(), "providers", InvalidKind::Field),
        (r#"{"prompt":"x","providers":[],"sessionId":"s"}"#.into(), "providers", InvalidKind::Field),
        (
            r#"{"prompt":"x","providers":["openai",7],"sessionId":"s"}"#.into(),
            "providers[1]",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai","dalle"],"sessionId":"s"}"#.into(),
            "providers[1]",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai","openai"],"sessionId":"s"}"#.into(),
            "providers[1]",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"variants":0,"sessionId":"s"}"#.into(),
            "variants",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"variants":9,"sessionId":"s"}"#.into(),
            "variants",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"variants":-1,"sessionId":"s"}"#.into(),
            "variants",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"variants":1.5,"sessionId":"s"}"#.into(),
            "variants",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"sessionId":"a b"}"#.into(),
            "sessionId",
            InvalidKind::Field,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"sessionId":"s","deadlineMs":5}"#.into(),
            "deadlineMs",
            InvalidKind::Field,
        ),
    ];
    for (body, field, kind) in cases {
        let no = job(&body).expect_err(&body);
        assert_eq!((no.field.as_str(), no.kind), (field, kind), "{body}: {no}");
    }
    assert_eq!(job("{\"prompt\":\"\u{0}\"}").unwrap_err().field, "body");
    assert_eq!(new_project(b"\xff").unwrap_err().field, "body");
}

#[test]
fn rubbish_after_the_body_is_malformed() {
    let no = new_project(br#"{"name":"x"} {"#).unwrap_err();
    assert_eq!(no.kind, InvalidKind::Malformed);
}

#[test]
fn a_change_needs_something_to_change() {
    assert_eq!(project_change(b"{}").unwrap_err().field, "name");
    let change = project_change(br#"{"nearDuplicates":{"threshold":0,"action":"keep"}}"#).unwrap();
    let keep = likeness::Change { threshold: Some(0), action: Some(likeness::Action::Keep) };
    assert_eq!(change.near_duplicates, Some(keep));
    for (body, field) in [
        (&br#"{"nearDuplicates":{"threshold":65}}"#[..], "nearDuplicates.threshold"),
        (br#"{"nearDuplicates":{"threshold":-1}}"#, "nearDuplicates.threshold"),
        (br#"{"nearDuplicates":{"action":"delete"}}"#, "nearDuplicates.action"),
    ] {
        assert_eq!(project_change(body).unwrap_err().field, field);
    }
    assert_eq!(project_change(br#"{"description":""}"#).unwrap().description.as_deref(), Some(""));
    assert_eq!(project_change(br#"{"name":"a\nb"}"#).unwrap_err().field, "name");
}

#[test]
fn tags_come_in_four_spellings() {
    let pairs = |given: &[(&str, &str)]| -> Vec<(String, String)> {
        given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    for given in [
        pairs(&[("tags", "red"), ("tags", "sea-side")]),
        pairs(&[("tags[]", "Red"), ("tags[]", "sea-side")]),
        pairs(&[("tags", "red, sea-side")]),
        pairs(&[("tags", "[\"red\",\"sea-side\"]")]),
    ] {
        assert_eq!(filter(&given).unwrap().tags, ["red", "sea-side"], "{given:?}");
    }
    assert_eq!(filter(&pairs(&[("tags", "a b")])).unwrap_err().field, "tags");
    assert_eq!(filter(&pairs(&[("tags", "[1]")])).unwrap_err().field, "tags");
    assert_eq!(filter(&pairs(&[("limit", "0")])).unwrap_err().field, "limit");
    assert_eq!(filter(&pairs(&[("cursor", "x")])).unwrap_err().field, "cursor");
    assert_eq!(filter(&pairs(&[("query", &"é".repeat(500))])).unwrap().query.unwrap().chars().count(), 500);
}

/// A body with everything that a job needs, and `more`.
fn job_with(more: &str) -> Result<Spec, Invalid> {
    job(&format!(r#"{{"prompt":"x","providers":["openai"],"sessionId":"s",{more}}}"#))
}

#[test]
fn an_operation_follows_from_what_is_sent_along() {
    use crate::operation::Operation::{Edit, Generate, Inpaint, Outpaint, Upscale, Variation};
    let start = r#""startImageUrl":"https://a.example/a.png""#;
    for (more, operation) in [
        (r#""variants":1"#.to_owned(), Generate),
        (start.to_owned(), Edit),
        (format!(r#"{start},"mask":"https://a.example/m.png""#), Inpaint),
        (format!(r#"{start},"canvas":{{"width":2,"height":1}}"#), Outpaint),
        (format!(r#"{start},"operation":"variation""#), Variation),
        (format!(r#"{start},"operation":"upscale","size":"2048x2048""#), Upscale),
    ] {
        assert_eq!(job_with(&more).unwrap().wishes.operation, operation, "{more}");
    }
    let silent = r#"{"providers":["openai"],"sessionId":"s","operation":"upscale","startImageUrl":"x"}"#;
    assert_eq!(job(silent).unwrap().prompt, "");
}

#[test]
fn every_wish_that_makes_no_sense_names_its_field() {
    let start = r#""startImageUrl":"a""#;
    for (more, field) in [
        (r#""operation":"paint""#.to_owned(), "operation"),
        (r#""operation":"edit""#.to_owned(), "startImageUrl"),
        (r#""operation":"generate","startImageUrl":"a""#.to_owned(), "startImageUrl"),
        (r#""startImageUrl":"""#.to_owned(), "startImageUrl"),
        (r#""startImageUrl":7"#.to_owned(), "startImageUrl"),
        (format!(r#""startImageUrl":"{}""#, "x".repeat(2_049)), "startImageUrl"),
        (r#""mask":"a""#.to_owned(), "startImageUrl"),
        (format!(r#"{start},"operation":"edit","mask":"a""#), "mask"),
        (format!(r#"{start},"operation":"inpaint""#), "mask"),
        (format!(r#"{start},"operation":"outpaint""#), "canvas"),
        (format!(r#"{start},"canvas":{{"width":0,"height":1}}"#), "canvas.width"),
        (format!(r#"{start},"canvas":{{"width":1,"height":8193}}"#), "canvas.height"),
        (format!(r#"{start},"canvas":{{"width":1}}"#), "height"),
        (format!(r#"{start},"mask":"a","size":"1024x1024""#), "size"),
        (format!(r#"{start},"operation":"upscale","aspect":"1:1""#), "aspect"),
        (format!(r#"{start},"referenceImageUrls":["a",""]"#), "referenceImageUrls[1]"),
        (r#""referenceImageUrls":["a"]"#.to_owned(), "referenceImageUrls"),
        (r#""size":"big""#.to_owned(), "size"),
        (r#""size":"9000x1""#.to_owned(), "size"),
        (r#""aspect":"wide""#.to_owned(), "aspect"),
        (r#""aspect":"1:1","size":"1x1""#.to_owned(), "aspect"),
        (r#""quality":"best""#.to_owned(), "quality"),
        (r#""format":"gif""#.to_owned(), "format"),
        (r#""seed":-1"#.to_owned(), "seed"),
        (r#""seed":2147483648"#.to_owned(), "seed"),
        (r#""partialImages":4"#.to_owned(), "partialImages"),
        (r#""models":{"openai":"a b"}"#.to_owned(), "models.openai"),
        (r#""models":{"openai":"../x"}"#.to_owned(), "models.openai"),
        (r#""routing":{"order":["dalle"]}"#.to_owned(), "routing.order[0]"),
        (r#""routing":{"only":["openai","openai"]}"#.to_owned(), "routing.only[1]"),
        (r#""routing":{"fallback":"yes"}"#.to_owned(), "routing.fallback"),
        (r#""maxCostUsd":0"#.to_owned(), "maxCostUsd"),
        (r#""refinement":"on""#.to_owned(), "refinement"),
        (r#""rewrite":"yes""#.to_owned(), "rewrite"),
        (r#""knowledgeRevision":-1"#.to_owned(), "knowledgeRevision"),
        (r#""strictness":"harsh""#.to_owned(), "strictness"),
        (r#""maxCostUsd":1e9"#.to_owned(), "maxCostUsd"),
    ] {
        let no = job_with(&more).expect_err(&more);
        assert_eq!((no.field.as_str(), no.kind), (field, InvalidKind::Field), "{more}: {no}");
    }
}

#[test]
fn wishes_are_read() {
    let wishes = job_with(
        r#""size":"1536x1024","quality":"low","format":"webp","seed":7,"partialImages":2,"maxCostUsd":0.25,
           "models":{"openai":"gpt-image-2"},"routing":{"fallback":true,"order":["workers"],"only":[]}"#,
    );
    assert_eq!(
        serde_json::to_string(&wishes.unwrap().wishes).unwrap(),
        r#"{"size":{"width":1536,"height":1024},"quality":"low","format":"webp","seed":7,"partials":2,"models":[{"provider":"openai","model":"gpt-image-2"}],"routing":{"fallback":true,"order":["workers"]},"budget":250000000}"#
    );
}

#[test]
fn a_budget_is_set_lifted_or_left_alone() {
    let read = |body: &str| project_change(body.as_bytes()).map(|change| change.budget);
    assert_eq!(read(r#"{"budgetUsd":20.01}"#), Ok(Some(Budget::Of(20_010_000_000))));
    assert_eq!(read(r#"{"budgetUsd":null}"#), Ok(Some(Budget::Lifted)));
    assert_eq!(read(r#"{"name":"Sea"}"#), Ok(None));
    for wrong in ["0", "-1", "1e7", "\"20\"", "true"] {
        let refused = read(&format!(r#"{{"budgetUsd":{wrong}}}"#)).unwrap_err();
        assert_eq!(refused.field, "budgetUsd", "{wrong}");
    }
    let page = |name: &str, value: &str| costs(&[(name.to_owned(), value.to_owned())]);
    assert_eq!(page("cursor", "not-a-job").unwrap_err().field, "cursor");
    assert_eq!(page("limit", "0").unwrap_err().field, "limit");
    assert_eq!(
        page("cursor", "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E").unwrap().after,
        "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E"
    );
}

#[test]
fn a_body_has_time_in_proportion_to_its_size() {
    assert_eq!(body_ms(BODY_MAX), 10_512);
    assert_eq!(body_ms(crate::ingest::BYTES_MAX), 91_920);
}

#[test]
fn a_span_is_thirty_days_up_to_now_unless_it_is_said() {
    const NOW: i64 = 1_795_348_800_000;
    const DAY: i64 = 86_400_000;
    let read = |pairs: &[(&str, String)]| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        span(&pairs, NOW).map_err(|invalid| invalid.field)
    };
    assert_eq!(read(&[]), Ok((NOW - 30 * DAY, NOW)));
    assert_eq!(read(&[("to", (40 * DAY).to_string())]), Ok((10 * DAY, 40 * DAY)));
    assert_eq!(read(&[("to", DAY.to_string())]), Ok((0, DAY)));
    assert_eq!(read(&[("from", (NOW - 366 * DAY).to_string())]), Ok((NOW - 366 * DAY, NOW)));
    for (pairs, field) in [
        (vec![("from", (NOW - 366 * DAY - 1).to_string())], "from"),
        (vec![("from", (NOW + 1).to_string())], "from"),
        (vec![("from", "-1".to_owned())], "from"),
        (vec![("to", "2026-11-23".to_owned())], "to"),
        (vec![("to", i64::MAX.to_string())], "to"),
    ] {
        assert_eq!(read(&pairs), Err(field.to_owned()), "{pairs:?}");
    }
}
