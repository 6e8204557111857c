//! What a database goes through: phases with a status each, and what is done at the end of each.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status>

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Rds;
use super::database::Database;
use super::settings;
use super::snapshots;
use crate::clock::after;

/// How long things take here, in seconds. AWS's own times vary; these are usual ones.
pub const CREATION: i64 = 240;
/// A backup, or a snapshot.
pub const BACKUP: i64 = 60;
/// A restart.
pub const REBOOT: i64 = 60;
/// A deletion.
pub const DELETION: i64 = 180;
/// A new master password.
pub const PASSWORD: i64 = 60;
/// Until a database has stopped, and until it runs again.
pub const STOP_OR_START: i64 = 180;
/// RDS starts a database that has been stopped for seven days.
pub const STOPPED: i64 = 7 * 86_400;
/// For so long after a change storage is being optimized.
pub const OPTIMIZATION: i64 = 2 * 3600;

/// One phase.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phase {
    /// What `DBInstanceStatus` says.
    pub status: String,
    /// When it ends.
    pub until: Timestamp,
    /// What is done then.
    pub end: Vec<End>,
}

/// What is done at the end of a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The database is there, with an endpoint.
    Created,
    /// These pending values are in effect.
    Carried(Vec<String>),
    /// An automated backup begins.
    Backup,
    /// It runs anew, with the parameters of its group.
    Restarted,
    /// The master password is set.
    Password,
    /// It is gone, with its automated backups unless they are kept.
    Gone {
        /// Whether they are.
        keep_backups: bool,
    },
}

impl Database {
    /// What `DBInstanceStatus` says.
    pub fn status(&self, now: Timestamp) -> &str {
        match self.phases.first() {
            Some(phase) => &phase.status,
            None if self.is_optimizing(now) => "storage-optimization",
            None => "available",
        }
    }

    /// Whether its storage is being optimized: it works meanwhile.
    fn is_optimizing(&self, now: Timestamp) -> bool {
        self.storage_changed.is_some_and(|changed| now < after(changed, OPTIMIZATION))
    }

    /// Adds a phase after those that it goes through.
    pub fn then(&mut self, now: Timestamp, status: &str, seconds: i64, end: Vec<End>) {
        let from = self.phases.last().map_or(now, |phase| phase.until);
        self.phases.push(Phase { status: status.to_owned(), until: after(from, seconds), end });
    }

    /// What happens next, and when. What is due while a database is busy waits.
    fn due(&self) -> Option<(Timestamp, Due)> {
        if let Some(phase) = self.phases.first() {
            return Some((phase.until, Due::Phase));
        }
        let maintenance = self.next_maintenance.map(|time| (time, Due::Maintenance));
        let backup = self.next_backup.map(|time| (time, Due::Backup));
        [maintenance, backup].into_iter().flatten().min_by_key(|(time, _)| *time)
    }
}

/// What is due.
#[derive(Clone, Copy, Debug)]
enum Due {
    Phase,
    Maintenance,
    Backup,
}

/// Lets everything happen that is due.
pub fn settle(rds: &mut Rds, now: Timestamp) {
    let is_due = |row: &Database| row.due().is_some_and(|(time, _)| time <= now);
    for key in rds.databases.keys_where(is_due) {
        settle_one(rds, key, now);
    }
}

fn settle_one(rds: &mut Rds, mut key: String, now: Timestamp) {
    while let Some((time, due)) = rds.databases.get(&key).and_then(Database::due).filter(|(time, _)| *time <= now) {
        match due {
            Due::Phase => {
                let Some(next) = end_phase(rds, &key, time) else { return };
                key = next;
            }
            Due::Maintenance => {
                let Some(row) = rds.databases.get_mut(&key) else { return };
                row.next_maintenance = None;
                settings::begin(row, time);
            }
            Due::Backup => daily_backup(rds, &key, time, now),
        }
    }
}

/// Ends the running phase; tells the row's key, which a rename changes, or `None` if the row is gone.
fn end_phase(rds: &mut Rds, key: &str, time: Timestamp) -> Option<String> {
    let mut row = rds.databases.get(key)?.clone();
    let phase = row.phases.remove(0);
    for end in phase.end {
        match end {
            End::Created => row.created = Some(time),
            End::Carried(members) => settings::carry_out(rds, &mut row, &members, time),
            End::Backup => back_up(rds, &mut row, time),
            End::Restarted => row.parameters = rds.parameters(&row.parameter_group),
            End::Password => {
                row.pending.remove("MasterUserPassword");
                if let Some(secret) = &mut row.secret {
                    "active".clone_into(&mut secret.status);
                }
            }
            End::Gone { keep_backups } => {
                rds.databases.remove(key);
                if !keep_backups {
                    snapshots::delete_automated(rds, &row.resource_id, None);
                }
                return None;
            }
        }
    }
    // What became due meanwhile happens now.
    let late = |due: &mut Timestamp| *due = time.max(*due);
    row.next_backup.iter_mut().for_each(late);
    row.next_maintenance.iter_mut().for_each(late);
    rds.databases.remove(key);
    let key = row.identifier.clone();
    rds.databases.insert(key.clone(), row);
    Some(key)
}

/// Takes an automated snapshot, forgets those past their days, and sets when the next is due.
fn back_up(rds: &mut Rds, row: &mut Database, time: Timestamp) {
    snapshots::automated(rds, row, time);
    let oldest = time.saturating_sub(SignedDuration::from_hours(24 * i64::from(row.retention)));
    snapshots::delete_automated(rds, &row.resource_id, Some(oldest.unwrap_or(Timestamp::MIN)));
    row.next_backup = Some(row.backup_window.next(time));
}

/// The backup of a day. Of many days that passed at once, only those within the longest retention are made.
fn daily_backup(rds: &mut Rds, key: &str, time: Timestamp, now: Timestamp) {
    let Some(mut row) = rds.databases.get(key).cloned() else { return };
    let oldest = now.saturating_sub(SignedDuration::from_hours(24 * 36)).unwrap_or(Timestamp::MIN);
    if time < oldest {
        row.next_backup = Some(row.backup_window.next(oldest));
    } else {
        back_up(rds, &mut row, time);
        row.then(time, "backing-up", BACKUP, Vec::new());
    }
    rds.databases.insert(key, row);
}
