//! `samesign init`: starts a policy repository.

use crate::manifest::starter;

use super::Ending;
use super::args::Folder;
use super::console;
use super::error::Error;

pub(super) fn run(args: &Folder) -> Result<Ending, Error> {
    let files = starter::files();
    if let Some((taken, _)) = files.iter().find(|(path, _)| args.dir.join(path).exists()) {
        return Err(Error::failed(format!(
            "{} exists already: nothing was written",
            args.dir.join(taken).display()
        ))
        .hint("give a folder of its own"));
    }
    for (path, text) in files {
        let path = args.dir.join(path);
        let failed =
            |cause: std::io::Error| Error::failed(format!("cannot write {}", path.display())).because(&cause);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        #[expect(clippy::disallowed_methods, reason = "init writes the files that it was asked for")]
        std::fs::write(&path, text).map_err(failed)?;
        console::say(&format!("wrote {}", path.display()));
    }
    console::say(&format!("next: samesign plan {}", args.dir.display()));
    Ok(Ending::Done)
}
