//! `SQLite` as an actor's storage, with a fuse that can be set to blow in the middle of a turn.
//!
//! Numbers go in and out as doubles, as they do where JavaScript stands between: bound, every number is REAL, and only a
//! column of INTEGER affinity makes an integer of it; read, a whole number is an integer whatever `SQLite` took it for.

use std::cell::Cell;

use picasso_actors::sql::{Fault, Row, Sql, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

/// An in-memory database.
pub struct Database {
    connection: Connection,
    fuse: Cell<Option<u32>>,
    inside: Cell<bool>,
}

impl Default for Database {
    fn default() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        // More than an actor has statements: preparing is what a turn's time goes into.
        connection.set_prepared_statement_cache_capacity(256);
        Self { connection, fuse: Cell::new(None), inside: Cell::new(false) }
    }
}

impl Database {
    /// Runs a script of statements outside any turn.
    pub fn script(&self, text: &str) {
        self.connection.execute_batch(text).unwrap();
    }

    /// Lets `statements` more of its transactions' pass, then refuses every one until the transaction is over.
    pub fn blow_after(&self, statements: u32) {
        self.fuse.set(Some(statements));
    }

    /// Runs `act` in one transaction: everything it writes stays, or, when it gives a fault, nothing does.
    pub fn transaction<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        self.script("BEGIN IMMEDIATE");
        self.inside.set(true);
        let result = act();
        self.inside.set(false);
        if result.is_err() {
            self.fuse.set(None);
        }
        self.script(if result.is_ok() { "COMMIT" } else { "ROLLBACK" });
        result
    }

    /// Everything stored, table by table, as text: two databases with the same dump hold the same.
    pub fn dump(&self) -> String {
        let tables = self
            .exec("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence' ORDER BY 1", &[])
            .unwrap();
        let mut lines = Vec::new();
        for table in tables {
            let table = table.text(0).unwrap();
            let rows = self.exec(&format!("SELECT * FROM {table}"), &[]).unwrap();
            lines.extend(rows.iter().map(|row| format!("{table}: {:?}", row.0)));
        }
        lines.sort();
        lines.join("\n")
    }

    /// The integer that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        self.first(query, &[]).unwrap().unwrap().integer(0).unwrap()
    }

    /// The JSON that a query gives in its only column.
    pub fn json(&self, query: &str) -> serde_json::Value {
        serde_json::from_str(&self.first(query, &[]).unwrap().unwrap().text(0).unwrap()).unwrap()
    }
}

impl Sql for Database {
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault> {
        match self.fuse.get() {
            _ if !self.inside.get() => {}
            Some(0) => return Err(Fault::Storage("the fuse has blown".to_owned())),
            Some(left) => self.fuse.set(Some(left - 1)),
            None => {}
        }
        self.run(statement, params).map_err(|error| Fault::Storage(format!("{error}: {statement}")))
    }
}

impl Database {
    fn run(&self, statement: &str, params: &[Value]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(statement)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params.iter().map(Bound)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Row((0..columns)
                .map(|at| Ok(value(row.get_ref(at)?)))
                .collect::<rusqlite::Result<_>>()?));
        }
        Ok(found)
    }
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Real(double(*number)),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(from: ValueRef<'_>) -> Value {
    match from {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) if number.fract() == 0.0 => Value::Integer(whole(number)),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

fn double(number: i64) -> f64 {
    assert!(number.abs() <= 1 << 53, "{number} is none of JavaScript's integers");
    number as f64
}

fn whole(number: f64) -> i64 {
    assert!(number.abs() <= double(1 << 53), "{number} is none of JavaScript's integers");
    number as i64
}
