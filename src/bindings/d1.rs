//! D1, the read model: snapshots in, JSON out.

use picasso_actors::outbox::Trouble;
use picasso_actors::read_model::Query;
use picasso_actors::snapshot;
use picasso_actors::sql::Value;
use wasm_bindgen::JsValue;
use worker::Env;

use crate::env;

/// Writes snapshot rows; older ones than those already there are ignored by the statements themselves.
///
/// # Errors
/// Whether D1 is away, or is there and refuses one of the rows.
pub async fn write_snapshots(env: &Env, rows: &[snapshot::Row]) -> Result<(), Trouble> {
    let bound = |statements: Vec<(String, String)>| {
        statements.into_iter().map(|(sql, json)| (sql, vec![Value::Text(json)])).collect()
    };
    let statements = snapshot::statements(rows).map_err(|fault| Trouble::Away(fault.to_string()))?;
    let Err(error) = run(env, bound(statements)).await else { return Ok(()) };
    match run(env, bound(snapshot::probes(rows))).await {
        Ok(()) => Err(Trouble::Refused(error)),
        Err(_) => Err(Trouble::Away(error)),
    }
}

/// Runs statements as one transaction.
///
/// # Errors
/// For the log.
pub async fn run(env: &Env, statements: Vec<(String, Vec<Value>)>) -> Result<(), String> {
    if statements.is_empty() {
        return Ok(());
    }
    let database = env::read_model(env).map_err(|missing| missing.to_string())?;
    let mut prepared = Vec::with_capacity(statements.len());
    for (sql, params) in statements {
        let params: Vec<JsValue> = params.iter().map(bind).collect();
        prepared.push(database.prepare(sql).bind(&params).map_err(|error| error.to_string())?);
    }
    let results = database.batch(prepared).await.map_err(|error| error.to_string())?;
    match results.iter().find_map(worker::D1Result::error) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Asks for the one JSON text that a query yields.
///
/// # Errors
/// For the log.
pub async fn read(env: &Env, query: &Query) -> Result<String, String> {
    find(env, query).await?.ok_or_else(|| "the query yielded nothing".to_owned())
}

/// The same for a query that may yield nothing.
///
/// # Errors
/// For the log.
pub async fn find(env: &Env, query: &Query) -> Result<Option<String>, String> {
    let database = env::read_model(env).map_err(|missing| missing.to_string())?;
    let params: Vec<JsValue> = query.params.iter().map(bind).collect();
    let statement = database.prepare(query.statement).bind(&params).map_err(|error| error.to_string())?;
    let rows = statement.raw_js_value().await.map_err(|error| error.to_string())?;
    Ok(rows.first().map(js_sys::Array::from).and_then(|row| row.get(0).as_string()))
}

fn bind(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        #[expect(
            clippy::cast_precision_loss,
            reason = "D1 takes doubles; the port's integers are within 2^53"
        )]
        Value::Integer(number) => JsValue::from_f64(*number as f64),
        Value::Real(number) => JsValue::from_f64(*number),
        Value::Text(text) => JsValue::from_str(text),
        Value::Blob(bytes) => js_sys::Uint8Array::from(bytes.as_slice()).into(),
    }
}
