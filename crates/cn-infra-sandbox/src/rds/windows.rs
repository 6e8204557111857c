//! The windows of a database: daily for backups, weekly for maintenance, in UTC.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupWindow.html>

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AwsError;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The epoch was a Thursday.
const EPOCH: i64 = 3 * DAY;
/// No window is shorter, in minutes; nothing begins later before a window's end.
const LEAST: i64 = 30;

/// A span of time that returns every day or every week; all numbers are minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    start: i64,
    length: i64,
    cycle: i64,
}

impl Window {
    /// Reads a backup window: `hh24:mi-hh24:mi`.
    pub fn daily(text: &str) -> Result<Self, AwsError> {
        Self::read(text, DAY, time).ok_or_else(|| {
            let message = format!("Invalid backup window: {text}. It must have the form hh24:mi-hh24:mi.");
            AwsError::new("InvalidParameterValue", message)
        })
    }

    /// Reads a maintenance window: `ddd:hh24:mi-ddd:hh24:mi`.
    pub fn weekly(text: &str) -> Result<Self, AwsError> {
        Self::read(text, WEEK, day_and_time).ok_or_else(|| {
            let message = format!("Invalid maintenance window: {text}. It must have the form ddd:hh24:mi-ddd:hh24:mi.");
            AwsError::new("InvalidParameterValue", message)
        })
    }

    fn read(text: &str, cycle: i64, moment: fn(&str) -> Option<i64>) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let start = moment(start)?;
        let length = (moment(end)? - start).rem_euclid(cycle);
        (length >= LEAST).then_some(Self { start, length, cycle })
    }

    /// The half hour of a day that RDS chooses, clear of the maintenance: of the region's block of eight hours, the one
    /// that is longest away, so that the first backup after the one at creation comes late.
    pub fn some_daily(region: &str, now: Timestamp, maintenance: Option<&Self>) -> Self {
        let now = minute(now).rem_euclid(DAY);
        let at = |half: i64| Self { start: (block(region) + half * LEAST) % DAY, length: LEAST, cycle: DAY };
        let clear = (0..16).map(at).filter(|window| maintenance.is_none_or(|other| !other.overlaps(window)));
        clear.max_by_key(|window| (window.start - now).rem_euclid(DAY)).unwrap_or(at(0))
    }

    /// The half hour of a week that RDS chooses: in the region's block, four days on, clear of the backups.
    pub fn some_weekly(region: &str, now: Timestamp, backups: &Self) -> Self {
        let day = (minute(now).div_euclid(DAY) + 4).rem_euclid(7) * DAY;
        let at = |half: i64| Self { start: (day + block(region) + half * LEAST) % WEEK, length: LEAST, cycle: WEEK };
        (0..16).map(at).find(|window| !window.overlaps(backups)).unwrap_or(at(0))
    }

    /// Whether a weekly and a daily window have a minute in common.
    pub fn overlaps(&self, daily: &Self) -> bool {
        (0..7).any(|day| {
            let from = (daily.start + day * DAY - self.start).rem_euclid(WEEK);
            from < self.length || from + daily.length > WEEK
        })
    }

    /// When it opens next, after `now`.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let wait = self.cycle - (minute(now) - self.start).rem_euclid(self.cycle);
        Timestamp::from_second((minute(now) + wait - EPOCH) * 60).unwrap_or(Timestamp::MAX)
    }

    /// When what waits for it can begin: now, where it is open for at least 30 minutes more, else when it opens next.
    pub fn begins(&self, now: Timestamp) -> Timestamp {
        let open = (minute(now) - self.start).rem_euclid(self.cycle);
        if open + LEAST <= self.length { now } else { self.next(now) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = (self.start + self.length) % self.cycle;
        let moment = |f: &mut fmt::Formatter<'_>, minute: i64| {
            if self.cycle == WEEK {
                let day = usize::try_from(minute / DAY).ok().and_then(|day| DAYS.get(day)).unwrap_or(&DAYS[0]);
                write!(f, "{day}:")?;
            }
            write!(f, "{:02}:{:02}", minute % DAY / HOUR, minute % HOUR)
        };
        moment(f, self.start)?;
        f.write_str("-")?;
        moment(f, end)
    }
}

/// The minutes since the Monday before the epoch.
fn minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60) + EPOCH
}

/// When a region's night begins, by which RDS chooses windows.
fn block(region: &str) -> i64 {
    match region.get(..2) {
        Some("us" | "ca" | "mx") if region.contains("west") => 6 * HOUR,
        Some("us" | "ca" | "mx" | "sa") => 3 * HOUR,
        Some("eu" | "me" | "af" | "il") => 20 * HOUR,
        _ => 13 * HOUR,
    }
}

/// `08:30` as a minute of the day.
fn time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below| {
        let two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i64| two_digits && *number < below)
    };
    Some(number(hours, 24)? * HOUR + number(minutes, 60)?)
}

/// `sun:08:30` as a minute of the week.
fn day_and_time(text: &str) -> Option<i64> {
    let (day, text) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| day.eq_ignore_ascii_case(name))?;
    Some(i64::try_from(day).ok()? * DAY + time(text)?)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn windows_are_read_and_written() {
        for text in ["08:00-08:30", "23:45-00:15"] {
            assert_eq!(Window::daily(text).expect("a window").to_string(), text);
        }
        assert_eq!(Window::weekly("Sun:23:45-Mon:00:15").expect("a window").to_string(), "sun:23:45-mon:00:15");
        for bad in ["08:00-08:29", "8:00-08:30", "24:00-01:00", "08:00", "", "08:00-08:00"] {
            assert!(Window::daily(bad).is_err(), "{bad}");
        }
        assert!(Window::weekly("08:00-08:30").is_err() && Window::weekly("day:08:00-day:08:30").is_err());
    }

    #[test]
    fn windows_return_in_their_cycle() {
        let monday = at("2026-11-30T12:00:00Z");
        let daily = Window::daily("11:30-12:30").expect("a window");
        assert_eq!(daily.next(monday), at("2026-12-01T11:30:00Z"));
        assert_eq!(daily.begins(monday), monday);
        assert_eq!(daily.begins(at("2026-11-30T12:00:01Z")), at("2026-11-30T12:00:01Z"));
        assert_eq!(daily.begins(at("2026-11-30T12:01:00Z")), at("2026-12-01T11:30:00Z"));
        let weekly = Window::weekly("wed:01:00-wed:01:30").expect("a window");
        assert_eq!(weekly.next(monday), at("2026-12-02T01:00:00Z"));
        assert_eq!(weekly.next(at("2026-12-02T01:00:30.5Z")), at("2026-12-09T01:00:00Z"));
    }

    #[test]
    fn windows_overlap_over_midnight_too() {
        let overlap = |weekly: &str, daily: &str| {
            Window::weekly(weekly).expect("a window").overlaps(&Window::daily(daily).expect("a window"))
        };
        assert!(overlap("tue:09:00-tue:10:00", "09:30-10:30"));
        assert!(overlap("tue:09:00-tue:10:00", "08:30-09:30"));
        assert!(overlap("sun:23:45-mon:00:15", "00:00-00:30"));
        assert!(overlap("mon:00:00-mon:00:30", "23:45-00:15"));
        assert!(!overlap("tue:09:00-tue:10:00", "10:00-10:30"));
        assert!(!overlap("tue:09:00-tue:10:00", "08:30-09:00"));
    }

    #[test]
    fn chosen_windows_are_clear_of_each_other_and_of_now() {
        let now = at("2026-11-30T07:10:00Z");
        let daily = Window::some_daily("us-west-2", now, None);
        let weekly = Window::some_weekly("us-west-2", now, &daily);
        assert!(daily.next(now).duration_since(now) > SignedDuration::from_hours(22));
        assert!(weekly.next(now).duration_since(now) > SignedDuration::from_hours(72));
        assert!(!weekly.overlaps(&daily));
        let other =
            Window::some_daily("us-west-2", now, Some(&Window::weekly("tue:06:00-tue:07:30").expect("a window")));
        assert_eq!(other.to_string(), "13:30-14:00");
    }
}
