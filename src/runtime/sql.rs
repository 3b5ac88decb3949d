//! The core's storage port over the object's `SQLite`.

use picasso_actors::sql::{Fault, Row, Sql, Value};
use worker::{SqlStorage, SqlStorageValue};

/// One object's database.
#[derive(Debug)]
pub struct ObjectSql(pub SqlStorage);

impl Sql for ObjectSql {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        let bindings: Vec<SqlStorageValue> = params.iter().map(bind).collect();
        let cursor = self.0.exec(statement, bindings).map_err(|error| Fault::Storage(error.to_string()))?;
        cursor
            .raw()
            .map(|row| {
                let row = row.map_err(|error| Fault::Storage(error.to_string()))?;
                Ok(Row(row.into_iter().map(read).collect()))
            })
            .collect()
    }
}

fn bind(value: &Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Integer(number) => SqlStorageValue::Integer(*number),
        Value::Real(number) => SqlStorageValue::Float(*number),
        Value::Text(text) => SqlStorageValue::String(text.clone()),
        Value::Blob(bytes) => SqlStorageValue::Blob(bytes.clone()),
    }
}

fn read(value: SqlStorageValue) -> Value {
    match value {
        SqlStorageValue::Null => Value::Null,
        SqlStorageValue::Boolean(truth) => Value::Integer(i64::from(truth)),
        SqlStorageValue::Integer(number) => Value::Integer(number),
        SqlStorageValue::Float(number) => Value::Real(number),
        SqlStorageValue::String(text) => Value::Text(text),
        SqlStorageValue::Blob(bytes) => Value::Blob(bytes),
    }
}
