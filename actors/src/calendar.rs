//! From epoch milliseconds to a date: what the core writes for people and into files.

/// Year, month and day in UTC, in the proleptic Gregorian calendar.
pub const fn date(epoch_ms: i64) -> (i64, i64, i64) {
    // Counting years from March puts the leap day last, so each date follows from whole days alone
    // (H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil's inverse).
    let days = epoch_ms.div_euclid(86_400_000) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

/// The moment in ISO 8601, to the second: `2026-11-22T09:05:00Z`.
pub fn moment(epoch_ms: i64) -> String {
    let (year, month, day) = date(epoch_ms);
    let seconds = epoch_ms.rem_euclid(86_400_000) / 1_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_are_written_to_the_second() {
        for (epoch_ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_827_696_999, "2000-02-29T12:34:56Z"),
            (1_795_348_800_000, "2026-11-22T12:00:00Z"),
        ] {
            assert_eq!(moment(epoch_ms), text);
        }
    }
}
