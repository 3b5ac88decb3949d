use super::*;

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
        ("{} x".into(), "prompt", InvalidKind::Field),
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
        (
            r#"{"prompt":"x","providers":["openai"],"sessionId":"s","startImageUrl":"https://a.b/c.png"}"#
                .into(),
            "startImageUrl",
            InvalidKind::Unsupported,
        ),
        (
            r#"{"prompt":"x","providers":["openai"],"sessionId":"s","operation":"upscale"}"#.into(),
            "operation",
            InvalidKind::Unsupported,
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
