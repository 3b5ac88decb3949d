//! Traps on demand, for the tests of the guard in `index.ts`. This module is in no build but those with the feature
//! `trap-tests`, which nothing turns on by default; `cargo xtask test` proves that the release has none of it.
//!
//! A test arms a place with a kind of trap; the next call that comes by there, and whose path or actor contains the given
//! text, meets it, once. What is armed is kept by JavaScript: the wasm instance doesn't outlive its traps.

use std::hint::black_box;
use std::time::Duration;

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, Method, Request, Response, Result};

/// Where what is armed is kept, in the isolate's global object.
const ARMED: &str = "trap-tests: what is armed, one text each: place, kind, subject";
/// The route that arms, `POST /trap-tests/<place>/<kind>/<subject>`, and that tells what is still armed, `GET`.
const ROUTE: &str = "/trap-tests/";
/// How long a call is held, so that it's in flight when another one traps.
const HELD: Duration = Duration::from_secs(20);
/// Bytes that are taken at a time until there are no more.
const BLOCK: usize = 64 << 20;

/// Arms, or tells what is armed, when that is what the request is for.
pub fn arm(request: &Request) -> Option<Result<Response>> {
    let path = request.path();
    let armed = path.strip_prefix(ROUTE)?;
    if request.method() == Method::Post {
        list().push(&JsValue::from_str(armed));
    }
    Some(Response::ok(String::from(list().join("\n"))))
}

/// Meets what is armed here for `subject`: traps, or waits.
pub async fn spring(place: &str, subject: &str) {
    match take(place, subject) {
        Some(kind) if kind == "hold" => Delay::from(HELD).await,
        Some(kind) => fire(&kind),
        None => {}
    }
}

/// The same where nobody can wait.
pub fn spring_now(place: &str, subject: &str) {
    if let Some(kind) = take(place, subject) {
        fire(&kind);
    }
}

fn list() -> Array {
    let global = js_sys::global();
    let name = JsValue::from_str(ARMED);
    if let Ok(list) = Reflect::get(&global, &name).and_then(JsCast::dyn_into::<Array>) {
        return list;
    }
    let list = Array::new();
    // A global object takes any property.
    let _ = Reflect::set(&global, &name, &list);
    list
}

fn take(place: &str, subject: &str) -> Option<String> {
    let list = list();
    for (at, armed) in (0_u32..).zip(list.iter()) {
        let armed = armed.as_string().unwrap_or_default();
        let mut parts = armed.splitn(3, '/');
        if parts.next() == Some(place) {
            let (kind, wanted) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            if subject.contains(wanted) {
                list.delete(at);
                return Some(kind.to_owned());
            }
        }
    }
    None
}

#[expect(clippy::panic, reason = "what this module is for")]
fn fire(kind: &str) {
    match kind {
        "memory" => loop {
            std::mem::forget(black_box(Vec::<u8>::with_capacity(BLOCK)));
        },
        "stack" => {
            black_box(deeper(0));
        }
        // What bindings do whose JavaScript throws though it never should.
        "throw" => wasm_bindgen::throw_str("trap-tests: told to throw"),
        _ => panic!("trap-tests: told to panic"),
    }
}

#[expect(unconditional_recursion, reason = "what it is for")]
fn deeper(depth: u64) -> u64 {
    let mut frame = black_box([depth; 32]);
    let below = deeper(black_box(depth + 1));
    black_box(&mut frame).iter().sum::<u64>() + below
}
