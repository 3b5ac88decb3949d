//! The local D1, looked at from outside: its `SQLite` file, opened beside the running workerd, read-only but for what a
//! test changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, ToSql};
use serde_json::{Map, Value};

use crate::stack;

/// workerd holds the file's lock for moments only.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// The read model.
#[derive(Debug)]
pub struct Database(Connection);

impl Database {
    /// Finds the file and opens it.
    pub fn open() -> Self {
        Self::of(&stack::state())
    }

    /// The one in this state folder.
    pub fn of(state: &Path) -> Self {
        Self(with_table(&state.join("v3/d1/miniflare-D1DatabaseObject"), "image_progressions"))
    }

    /// Rows, as objects by column name.
    pub fn rows(&self, statement: &str, params: &[&dyn ToSql]) -> Vec<Map<String, Value>> {
        let mut statement = self.0.prepare(statement).unwrap();
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let rows = statement.query_map(params, |row| {
            names.iter().enumerate().map(|(at, name)| Ok((name.clone(), json(row.get_ref(at)?)))).collect()
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Changes what the read model holds behind everybody's back, as an accident would.
    pub fn change(&self, statement: &str, params: &[&dyn ToSql]) {
        let path = self.0.path().unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).unwrap();
        connection.busy_timeout(BUSY).unwrap();
        connection.execute(statement, params).unwrap();
    }

    /// A statement's only number.
    pub fn count(&self, statement: &str, params: &[&dyn ToSql]) -> i64 {
        self.0.query_row(statement, params, |row| row.get(0)).unwrap()
    }
}

/// Has it be later in an object, by statements on its own tables: in the one whose `table` has a row where `condition` holds. It
/// notices when it's asked something.
///
/// # Panics
/// When there's none.
pub fn age(table: &str, condition: &str, statements: &[&str]) {
    let folder = stack::state().join("v3/do/picasso-backend-PicassoDurableObject");
    let is_it = |connection: &Connection| {
        connection.query_row(&format!("SELECT 1 FROM {table} WHERE {condition}"), [], |_| Ok(())).is_ok()
    };
    let path = files(&folder).into_iter().find(|path| connect(path, table).is_some_and(|it| is_it(&it)));
    let path = path.unwrap_or_else(|| panic!("no {table} where {condition}"));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection.busy_timeout(BUSY).unwrap();
    for statement in statements {
        assert_ne!(connection.execute(statement, []), Ok(0), "{statement}");
    }
}

/// The one database in `folder` that has `table`, read-only.
pub fn with_table(folder: &Path, table: &str) -> Connection {
    let mut found = files(folder).into_iter().filter_map(|path| connect(&path, table));
    let database = found.next().unwrap_or_else(|| panic!("no {table} in {}", folder.display()));
    assert!(found.next().is_none(), "two {table} in {}", folder.display());
    database
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "sqlite")).collect()
}

/// A connection, when the file has the table.
fn connect(path: &Path, table: &str) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection.busy_timeout(BUSY).unwrap();
    let has = "SELECT COUNT(*) FROM sqlite_schema WHERE name = ?";
    let count: i64 = connection.query_row(has, [table], |row| row.get(0)).unwrap();
    (count == 1).then_some(connection)
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => std::str::from_utf8(text).unwrap().into(),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()).into(),
    }
}
