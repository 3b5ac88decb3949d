//! D1 that's away: every table of it has another name, so that whatever the Worker asks of it fails.
//! The knowledge base is among them, so jobs of that time go on without tips.
//!
//! Absent: slowness. A D1 that answers late is another accident than one that doesn't answer.

use std::path::Path;

use crate::database::Database;

/// In front of every table's name meanwhile.
const GONE: &str = "gone_";

/// The read model, which can be taken away.
#[derive(Debug)]
pub struct Switch {
    database: Database,
    tables: Vec<String>,
}

impl Switch {
    /// Of the stack with this state; D1 must be there.
    pub fn of(state: &Path) -> Self {
        let database = Database::of(state);
        let tables = database.rows(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'",
            &[],
        );
        let tables = tables.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect();
        Self { database, tables }
    }

    /// Takes D1 away.
    pub fn off(&self) {
        for table in &self.tables {
            self.rename(table, &format!("{GONE}{table}"));
        }
    }

    /// Gives it back as it was.
    pub fn on(&self) {
        for table in &self.tables {
            self.rename(&format!("{GONE}{table}"), table);
        }
    }

    fn rename(&self, from: &str, to: &str) {
        self.database.change(&format!("ALTER TABLE {from} RENAME TO {to}"), &[]);
    }
}
