//! Rails (ActiveRecord).
//!
//! Sources: `ActiveRecord::SchemaMigration` and `ActiveRecord::InternalMetadata`, whose table tells Rails from others, in
//! <https://github.com/rails/rails/tree/main/activerecord/lib/active_record>, the files in
//! <https://guides.rubyonrails.org/active_record_migrations.html>.

use super::dbmate;
use super::directory::{Directory, MigrationFilesError, base_name};
use super::order::{leading_digits, natural, number};
use super::tool::{Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "rails",
    tables: &["schema_migrations"],
    columns: &[],
    keeps: Keeps::Each,
    fits: dbmate::is_rails,
    applied: dbmate::versions,
    files,
    not_compared: Some("contents: rails keeps no checksums"),
};

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let known = |file: &String| {
        let (version, rest) = leading_digits(base_name(file))?;
        (rest.starts_with('_') && rest.ends_with(".rb")).then(|| Known::new(number(version), base_name(file)))
    };
    let mut found: Vec<Known> = directory.files.iter().filter_map(known).collect();
    found.sort_by(|left, right| natural(&left.id, &right.id));
    Ok(found)
}
