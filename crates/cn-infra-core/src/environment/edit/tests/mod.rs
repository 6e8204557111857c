//! Edits change what they are about, and not one byte more.

use super::*;

fn adopt(source: &str) -> Result<String, EditError> {
    set_adopt(source, &Address::new("server", "web"), &"i-1".into())
}

#[test]
fn a_table_keeps_its_comments() {
    let source = "# servers\n[server.web] # the one\nsize  = 3   # small\n\n# next\n[server.db]\nsize = 1\n";
    insta::assert_snapshot!(adopt(source).unwrap(), @r#"
    # servers
    [server.web] # the one
    size  = 3   # small
    adopt = "i-1"

    # next
    [server.db]
    size = 1
    "#);
}

#[test]
fn tables_below_stay_below() {
    let source = "[server.web.disk]\nsize = 3\n[server.web]\nsize = 1\n[server.web.rules]\na = 1\n";
    insta::assert_snapshot!(adopt(source).unwrap(), @r#"
    [server.web.disk]
    size = 3
    [server.web]
    size = 1
    adopt = "i-1"
    [server.web.rules]
    a = 1
    "#);
}

#[test]
fn a_resource_may_be_inline_dotted_or_implied() {
    let written = ["[server]\nweb = { size = 3 }\n", "server.web.size = 3\n", "[server.web.disk]\nsize = 3\n"]
        .map(|source| adopt(source).unwrap());
    insta::assert_snapshot!(written.join("---\n"), @r#"
    [server]
    web = { size = 3, adopt = "i-1" }
    ---
    server.web.size = 3
    server.web.adopt = "i-1"
    ---
    [server.web]
    adopt = "i-1"
    [server.web.disk]
    size = 3
    "#);
}

#[test]
fn an_id_that_is_there_changes() {
    let source = "[server.web]\nadopt =  'i-0' # for now\nsize = 3\n";
    assert_eq!(adopt(source).unwrap(), "[server.web]\nadopt =  'i-1' # for now\nsize = 3\n");
}

#[test]
fn line_ends_and_byte_order_mark_stay() {
    let source = "\u{feff}[server.web]\r\nsize = 3 # ä\r\n\r\n[server.db]\r\n";
    assert_eq!(
        adopt(source).unwrap(),
        "\u{feff}[server.web]\r\nsize = 3 # ä\r\nadopt = \"i-1\"\r\n\r\n[server.db]\r\n"
    );
}

#[test]
fn a_file_with_both_line_ends_keeps_each() {
    let source = "a = \"\"\"x\r\ny\nz\"\"\"\n[server.web]\r\nsize = 3\n[server.db]\nb = \"\"\"\r\n\n\"\"\"\n";
    let (before, after) = source.split_once("[server.db]").unwrap();
    let unended = "[server.web] # x";
    assert_eq!(adopt(unended).unwrap(), "[server.web] # x\nadopt = \"i-1\"");
    let inline = "[server]\r\nweb = { size = 3 } # here\nb = 1\r\n";
    assert_eq!(adopt(inline).unwrap(), inline.replace(" }", ", adopt = \"i-1\" }"));
    assert_eq!(adopt(source).unwrap(), format!("{before}adopt = \"i-1\"\n[server.db]{after}"));
}

#[test]
fn what_is_not_declared_is_not_changed() {
    assert_eq!(adopt("[server.db]\n").unwrap_err().to_string(), "the file declares no server.web");
    assert!(matches!(adopt("[server.web\n"), Err(EditError::Syntax(_))));
}

#[test]
fn a_reference_takes_the_place_of_another_in_its_quotes() {
    let source = "[address.site]\ninstance  = 'server.web' # phase 1\nprotect = true\n";
    let reference = Reference::Resource("staging/server.web".parse().unwrap());
    let set = |reference| set_reference(source, &Address::new("address", "site"), "instance", reference).unwrap();
    assert_eq!(set(Some(&reference)), source.replace("server.web", "staging/server.web"));
    assert_eq!(set(None), source.replace("server.web", "none"));
}

#[test]
fn a_toggled_network_and_back_is_the_same_file() {
    let source = "\u{feff}[networks]\r\n# who may look\r\nvisitors =  'developers'   # the toggle\r\nana = [\"192.0.2.1/32\"]\r\n";
    let there = set_network(source, "visitors", Members::Same("everyone")).unwrap();
    assert_eq!(there, source.replace("developers", "everyone"));
    assert_eq!(set_network(&there, "visitors", Members::Same("developers")).unwrap(), source);
}

#[test]
fn a_network_keeps_the_layout_of_its_list() {
    let set = |line: &str, members: &[&str]| {
        let members: Vec<_> = members.iter().map(|&member| member.to_owned()).collect();
        let source = format!("[networks]\n{line} # here\n");
        set_network(&source, "ana", Members::List(&members)).unwrap()
    };
    let lines = "ana = [\n  '192.0.2.1/32',\n  '192.0.2.2/32',\n]";
    insta::assert_snapshot!([
        set("ana = [\"192.0.2.1/32\"]", &["198.51.100.7/32", "2001:db8::/64"]),
        set(lines, &["198.51.100.7/32"]),
        set(lines, &["a", "b", "c"]),
        set("ana = \"lab\"", &["198.51.100.7/32"]),
    ].join("---\n"), @r#"
    [networks]
    ana = ["198.51.100.7/32", "2001:db8::/64"] # here
    ---
    [networks]
    ana = [
      '198.51.100.7/32',
    ] # here
    ---
    [networks]
    ana = [
      'a',
      'b',
      'c',
    ] # here
    ---
    [networks]
    ana = ["198.51.100.7/32"] # here
    "#);
    assert_eq!(set_network("[server.web]\n", "ana", Members::Same("lab")), Err(EditError::NoNetwork("ana".into())));
}

fn two_files() -> (tempfile::TempDir, [std::path::PathBuf; 2], Edits) {
    let root = tempfile::tempdir().unwrap();
    let paths = ["a.toml", "b.toml"].map(|name| root.path().join(name));
    let mut edits = Edits::default();
    for path in &paths {
        std::fs::write(path, "size = 1\n").unwrap();
        edits.change(path, |text| Ok(text.replace('1', "2"))).unwrap();
    }
    (root, paths, edits)
}

fn texts(paths: &[std::path::PathBuf; 2]) -> [String; 2] {
    paths.each_ref().map(|path| std::fs::read_to_string(path).unwrap())
}

#[test]
fn several_files_are_loaded_as_they_will_be_then_written_and_restored() {
    use crate::environment::Files;
    let (_root, paths, edits) = two_files();
    assert_eq!(edits.read(&paths[0]).unwrap(), b"size = 2\n");
    assert_eq!(texts(&paths), ["size = 1\n"; 2]);
    edits.write().unwrap();
    assert_eq!(texts(&paths), ["size = 2\n"; 2]);
    std::fs::write(&paths[1], "size = 3\n").unwrap();
    edits.restore().unwrap();
    assert_eq!(texts(&paths), ["size = 1\n", "size = 3\n"], "what somebody wrote meanwhile stays");
}

#[test]
fn where_one_file_changed_meanwhile_none_is_written() {
    let (_root, paths, edits) = two_files();
    std::fs::write(&paths[1], "size = 3\n").unwrap();
    assert!(matches!(edits.write(), Err(EditsError::Changed { path }) if path == paths[1]));
    assert_eq!(texts(&paths), ["size = 1\n", "size = 3\n"]);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (root, [path, _], _) = two_files();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
    let link = root.path().join("link.toml");
    symlink("a.toml", &link).unwrap();
    let mut edits = Edits::default();
    edits.change(&link, |text| Ok(text.replace('1', "2"))).unwrap();
    edits.write().unwrap();
    assert!(link.is_symlink());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o664);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "size = 2\n");
}
