//! `SQLite` as an actor's storage, with a fuse that can be set to blow in the middle of a turn.
//!
//! Numbers go in and out as doubles, as they do where JavaScript stands between: bound, every number is REAL, and only a
//! column of INTEGER affinity makes an integer of it; read, a whole number is an integer whatever `SQLite` took it for.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::thread;

use picasso_actors::address::Kind;
use picasso_actors::schema;
use picasso_actors::sql::{Fault, Row, Sql, Value};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

/// Whose tables a connection has: an actor's of a kind, or D1's.
type Shape = Option<Kind>;

thread_local! {
    /// Connections whose tables are made and whose statements are prepared, with nothing in them. Making one takes as long
    /// as running a job.
    static IDLE: RefCell<HashMap<Shape, Vec<Connection>>> = RefCell::default();
}

/// An in-memory database.
pub struct Database {
    /// There until it's dropped.
    connection: Option<Connection>,
    /// What to be given back as. All that happens in it is one transaction then, which is never committed.
    lent: Option<Shape>,
    fuse: Cell<Option<u32>>,
    inside: Cell<bool>,
    defect: Option<Rc<Defect>>,
}

/// A defect to be planted: what a part of a statement's text becomes.
#[derive(Debug)]
pub struct Defect {
    /// What stands in the core.
    pub right: &'static str,
    /// What stands there instead.
    pub wrong: &'static str,
    /// Statements that had it, so far.
    pub planted: Cell<u64>,
}

impl Default for Database {
    fn default() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        // More than an actor has statements: preparing is what a turn's time goes into.
        connection.set_prepared_statement_cache_capacity(256);
        // A plan doesn't depend on what is bound: else every LIMIT with a parameter is prepared again at every execution.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        Self::over(connection, None)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (Some(shape), Some(connection)) = (self.lent, self.connection.take()) else { return };
        // A panic may have left anything in it.
        if !thread::panicking() && connection.execute_batch("ROLLBACK").is_ok() {
            let _ = IDLE.try_with(|idle| idle.borrow_mut().entry(shape).or_default().push(connection));
        }
    }
}

impl Database {
    /// An actor's, with its tables.
    pub fn of(kind: Kind) -> Self {
        Self::lend(Some(kind), |it| it.transaction(|| schema::open(it, kind)).unwrap())
    }

    /// D1's, with its tables. A row whose revision doesn't grow when it changes is an error there.
    pub fn d1() -> Self {
        Self::lend(None, |it| {
            for migration in super::migrations() {
                it.script(migration);
            }
            let tables = it.exec(
                "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
                 WHERE m.type = 'table' AND c.name = 'revision'",
                &[],
            );
            for table in tables.unwrap().iter().map(|row| row.text(0).unwrap()) {
                it.script(&format!(
                    "CREATE TEMP TRIGGER {table}_forward BEFORE UPDATE ON main.{table}
                     WHEN NEW.revision < OLD.revision BEGIN SELECT RAISE(ABORT, '{table} went back'); END"
                ));
            }
        })
    }

    fn lend(shape: Shape, make: impl FnOnce(&Self)) -> Self {
        let idle = IDLE.with(|idle| idle.borrow_mut().get_mut(&shape).and_then(Vec::pop));
        let mut it = idle.map_or_else(
            || {
                let new = Self::default();
                make(&new);
                new
            },
            |connection| Self::over(connection, None),
        );
        it.lent = Some(shape);
        it.script("BEGIN");
        it
    }

    const fn over(connection: Connection, lent: Option<Shape>) -> Self {
        Self {
            connection: Some(connection),
            lent,
            fuse: Cell::new(None),
            inside: Cell::new(false),
            defect: None,
        }
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().unwrap()
    }

    /// From now on the code that talks to it has this defect.
    pub fn plant(&mut self, defect: Option<Rc<Defect>>) {
        self.defect = defect;
    }

    /// Runs a script of statements outside any turn.
    pub fn script(&self, text: &str) {
        self.connection().execute_batch(text).unwrap();
    }

    /// Lets `statements` more of its transactions' pass, then refuses every one until the transaction is over.
    pub fn blow_after(&self, statements: u32) {
        self.fuse.set(Some(statements));
    }

    /// Runs `act` in one transaction: everything it writes stays, or, when it gives a fault, nothing does.
    pub fn transaction<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        self.run("SAVEPOINT turn", &[]).unwrap();
        self.inside.set(true);
        let result = act();
        self.inside.set(false);
        if result.is_err() {
            self.fuse.set(None);
        }
        if result.is_err() {
            self.run("ROLLBACK TO turn", &[]).unwrap();
        }
        self.run("RELEASE turn", &[]).unwrap();
        result
    }

    /// Rows written so far.
    pub fn changes(&self) -> u64 {
        self.connection().total_changes()
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

    /// What a query gives, whatever defect is planted.
    pub fn rows(&self, query: &str, params: &[Value]) -> Vec<Row> {
        self.run(query, params).unwrap()
    }

    /// The integer that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        self.rows(query, &[])[0].integer(0).unwrap()
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
        let done = match self.defect.as_ref().filter(|defect| statement.contains(defect.right)) {
            Some(defect) => {
                defect.planted.set(defect.planted.get() + 1);
                self.run(&statement.replace(defect.right, defect.wrong), params)
            }
            None => self.run(statement, params),
        };
        done.map_err(|error| Fault::Storage(format!("{error}: {statement}")))
    }
}

impl Database {
    fn run(&self, statement: &str, params: &[Value]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection().prepare_cached(statement)?;
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
