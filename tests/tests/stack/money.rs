//! What things cost: a row for every call, a report that agrees with it, and budgets that hold.

use picasso_e2e::api::Body;
use picasso_e2e::studio::{SCENE, Studio};
use picasso_e2e::wait;
use serde_json::{Value, json};

fn costs(studio: &Studio) -> Value {
    studio.api.get(&format!("/api/projects/{}/costs", studio.project))
}

fn set_budget(studio: &Studio, budget: &Value) -> Value {
    let body = json!({ "budgetUsd": budget }).to_string();
    let path = format!("/api/projects/{}", studio.project);
    studio.api.send("PATCH", &path, &[], Body::Bytes(body.as_bytes())).expect(200).json()
}

#[test]
fn every_call_has_its_price_and_the_report_is_the_sum_of_the_ledger() {
    let studio = Studio::open("ledger");
    let busy = json!({ "kind": "status", "status": 503 });
    studio.emulator.fault("openai", &studio.word, Some(1), &busy);
    let job = studio.start(&studio.job(SCENE, &["openai", "gemini", "workers"], 1));
    studio.finished(&job);
    let ledger = wait::until("the ledger is in D1", || {
        let rows = studio.database.rows(
            "SELECT task, provider, outcome, usage, cost_nanousd FROM provider_calls WHERE job_id = ? ORDER BY id",
            &[&job],
        );
        (rows.len() == 7).then_some(rows)
    });
    // The one that was refused cost nothing; whoever counts in tokens has said how many.
    for row in &ledger {
        let refused = row["outcome"] == "overloaded";
        let cost = row["cost_nanousd"].as_u64().unwrap_or_else(|| panic!("no price: {row:?}"));
        assert_eq!(cost == 0, refused, "{row:?}");
        let tiles = row["provider"] == "workers" && row["task"] == "generate";
        assert_eq!(row["usage"].is_null(), refused || tiles, "{row:?}");
    }
    let sum: u64 = ledger.iter().map(|row| row["cost_nanousd"].as_u64().unwrap()).sum();
    let report = costs(&studio);
    let total = &report["total"];
    assert_eq!(
        (&total["calls"], &total["unpricedCalls"], &total["costNanousd"]),
        (&json!(7), &json!(0), &json!(sum))
    );
    assert_eq!((&report["jobs"][0]["jobId"], &report["jobs"][0]["costNanousd"]), (&json!(job), &json!(sum)));
    for part in ["providers", "models", "tasks"] {
        let parts = report[part].as_array().unwrap().iter().map(|part| part["costNanousd"].as_u64().unwrap());
        assert_eq!(parts.sum::<u64>(), sum, "{part}: {report}");
    }
    assert_eq!((&report["reservedNanousd"], &report["budgetUsd"]), (&json!(0), &Value::Null));
    let overview = studio.api.get("/api/admin/overview");
    assert!(overview["providerCalls"]["costNanousd"].as_u64().unwrap() >= sum, "{overview}");
}

#[test]
fn a_budget_is_promised_once_and_what_was_not_needed_is_given_back() {
    let studio = Studio::open("budget");
    studio.emulator.fault("workers", &studio.word, Some(1), &json!({ "kind": "hang" }));
    // Enough for one picture of the cheapest model and its verdicts, and not for a second.
    assert_eq!(set_budget(&studio, &json!(0.008))["budgetUsd"], json!(0.008));
    let body = studio.job(SCENE, &["workers"], 1);
    let first = studio.start(&body);
    let reserved = costs(&studio)["reservedNanousd"].as_u64().unwrap();
    assert!((4_000_000..=8_000_000).contains(&reserved), "{reserved}");
    let refused = studio.ask(&body).problem(402, "budget-exceeded");
    assert!(refused["detail"].as_str().unwrap().contains("leaves $0.00"), "{refused}");
    // Dearer than the whole budget.
    studio.ask(&studio.job(SCENE, &["openai"], 1)).problem(402, "budget-exceeded");
    wait::until("the provider is asked", || {
        (!studio.emulator.calls_of("workers", &studio.word).is_empty()).then_some(())
    });
    let _ = studio.api.post(&format!("/api/jobs/{first}/cancel"), &json!({})).expect(200);
    studio.finished(&first);
    wait::until("the rest is given back", || (costs(&studio)["reservedNanousd"] == 0).then_some(()));
    // The call that hangs may have been billed: it counts for what it can cost at most.
    assert!(costs(&studio)["countedNanousd"].as_u64().unwrap() > 0);
    let again = studio.start(&body);
    studio.finished(&again);
    // A price that nobody knows can't be held to a budget.
    let mut unknown = studio.job(SCENE, &["openai"], 1);
    unknown["models"] = json!({ "openai": "gpt-image-1.5" });
    let refused = studio.ask(&unknown).problem_with(422, "invalid-field", "budgetUsd");
    assert!(refused["detail"].as_str().unwrap().contains("gpt-image-2"), "{refused}");
    assert_eq!(set_budget(&studio, &Value::Null)["budgetUsd"], Value::Null);
    unknown["maxCostUsd"] = json!(5);
    studio.ask(&unknown).problem_with(422, "unsupported-operation", "maxCostUsd");
    let path = format!("/api/projects/{}", studio.project);
    let wrong = studio.api.send("PATCH", &path, &[], Body::Bytes(br#"{"budgetUsd":-1}"#));
    wrong.problem_with(422, "invalid-field", "budgetUsd");
}
