//! An artifact's link: what is said about it, and what is kept.

use picasso_actors::artifact::link::{Answer, Change, Expiry, Link, Lock, Pass, Password, Recipe, Terms};
use picasso_actors::artifact::{self, Served};
use picasso_actors::protocol::Message;

use super::message::{edition, pin_message};
use super::pin;

fn recipe() -> Recipe {
    Recipe { salt: "s4lt".to_owned(), iterations: 100_000 }
}

fn lock() -> Lock {
    Lock { recipe: recipe(), derived: "d3r".to_owned() }
}

#[test]
fn a_link_as_it_is_kept() {
    let usual = r#"{"noindex":true,"download":true,"revoked":false}"#;
    pin(&Link::default(), usual);
    let whole =
        Link { lock: Some(lock()), expires_at: Some(5), noindex: false, download: false, revoked: true };
    pin(
        &whole,
        r#"
        {"lock":{"salt":"s4lt","iterations":100000,"derived":"d3r"},"expiresAt":5,"noindex":false,
        "download":false,"revoked":true}
    "#,
    );
}

#[test]
fn what_is_said_of_a_link() {
    let message = Message::Artifact;
    pin_message(&message(artifact::Message::Serve { pass: None }), r#"{"artifact":{"serve":{}}}"#);
    pin_message(
        &message(artifact::Message::Serve { pass: Some("5.0f".to_owned()) }),
        r#"{"artifact":{"serve":{"pass":"5.0f"}}}"#,
    );
    pin_message(
        &message(artifact::Message::Unlock { derived: "d3r".to_owned() }),
        r#"{"artifact":{"unlock":{"derived":"d3r"}}}"#,
    );
    let change = |title: Option<&str>, link| {
        let title = title.map(str::to_owned);
        message(artifact::Message::Change(Box::new(artifact::Change { title, link })))
    };
    pin_message(
        &change(Some("Sea"), Change::default()),
        r#"{"artifact":{"change":{"title":"Sea","link":{}}}}"#,
    );
    let all = Change {
        password: Some(Password::Of(lock())),
        expires: Some(Expiry::At(5)),
        noindex: Some(false),
        download: Some(false),
        revoked: Some(true),
    };
    pin_message(
        &change(None, all),
        r#"
        {"artifact":{"change":{"link":{"password":{"of":{"salt":"s4lt","iterations":100000,"derived":"d3r"}},
        "expires":{"at":5},"noindex":false,"download":false,"revoked":true}}}}
    "#,
    );
    let none = Change { password: Some(Password::Lifted), expires: Some(Expiry::Never), ..Change::default() };
    pin_message(
        &change(None, none),
        r#"{"artifact":{"change":{"link":{"password":"lifted","expires":"never"}}}}"#,
    );
}

#[test]
fn what_a_reader_is_answered() {
    let terms = Terms { fresh_s: None, noindex: true, download: false };
    pin(
        &Answer::Open { served: Box::new(Served::from(edition())), terms },
        r#"
        {"open":{"served":{"kind":"lookbook","contentR2Key":"artifact/a/1.html",
        "mediaType":"text/html; charset=utf-8","imageOrigins":["https://imagedelivery.net"]},
        "terms":{"freshS":null,"noindex":true,"download":false}}}
    "#,
    );
    pin(&Answer::Locked(recipe()), r#"{"locked":{"salt":"s4lt","iterations":100000}}"#);
    pin(&Answer::Gone, r#""gone""#);
    pin(&Pass { value: "5.0f".to_owned(), lasts_s: 86_400 }, r#"{"value":"5.0f","lastsS":86400}"#);
}
