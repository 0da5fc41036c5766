//! What there is.

use crate::PullError;

/// A published data set.
#[derive(Debug, PartialEq, Eq)]
pub struct DataSet {
    /// What users call it, and the name of its folder.
    pub name: &'static str,
    /// What the literature calls it.
    pub title: &'static str,
    /// Names of the classes.
    pub task: &'static str,
    /// Its classes in the order of their numbers; none: text without labels.
    pub labels: &'static [&'static str],
    /// The files that a pull makes, with their numbers of rows where these are published.
    pub rows: &'static [(&'static str, Option<u64>)],
    /// What is downloaded.
    pub files: &'static [RemoteFile],
    /// Layout of these files.
    pub layout: Layout,
    /// Who may use it, as far as its authors say.
    pub terms: &'static str,
    /// What to cite.
    pub reference: &'static str,
}

/// A file to download.
#[derive(Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Where it is.
    pub url: &'static str,
    /// Its size.
    pub bytes: u64,
    /// What else is known of its content.
    pub check: Check,
}

impl RemoteFile {
    /// The last part of its address.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.url.rsplit('/').next().unwrap_or(self.url)
    }
}

/// A published hash, in hexadecimal.
#[derive(Debug, PartialEq, Eq)]
pub enum Check {
    /// SHA-256 of the whole file.
    Sha256(&'static str),
    /// MD5 of the first 2^20 bytes: what fastai publishes. It finds accidents, not forgers.
    Md5OfFirstMiB(&'static str),
}

/// Layout of the downloaded files.
#[derive(Debug, PartialEq, Eq)]
pub enum Layout {
    /// Two text files in Latin-1, training set and test set: `CLASS:subclass question`.
    Questions,
    /// An archive with `train.csv` and `test.csv` without a header: number of the class, from 1
    /// on, and these columns.
    Csv(&'static [&'static str]),
    /// An archive with one text per file: `train/pos/..`, `test/neg/..`, `unsup/..`.
    Folders,
    /// An archive with `train.csv` and `test.csv` without a header: one text per row.
    Texts,
}

/// Sizes and hashes of fastai's archives: `fastai/data/download_checks.py` of fastai 2.8.12; of
/// TREC: the metadata of the `trec` set of Hugging Face's `datasets`.
pub static CATALOGUE: [DataSet; 7] = [
    DataSet {
        name: "trec6",
        title: "TREC-6",
        task: "questions by what they ask for",
        labels: &["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"],
        rows: &[("train.csv", Some(5_452)), ("test.csv", Some(500))],
        files: &[
            RemoteFile {
                url: "https://cogcomp.seas.upenn.edu/Data/QA/QC/train_5500.label",
                bytes: 335_858,
                check: Check::Sha256(
                    "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
                ),
            },
            RemoteFile {
                url: "https://cogcomp.seas.upenn.edu/Data/QA/QC/TREC_10.label",
                bytes: 23_354,
                check: Check::Sha256(
                    "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
                ),
            },
        ],
        layout: Layout::Questions,
        terms: "not stated; published for research",
        reference: "Li & Roth 2002, Learning Question Classifiers, COLING",
    },
    DataSet {
        name: "imdb",
        title: "IMDb",
        task: "film reviews, negative or positive",
        labels: &["neg", "pos"],
        rows: &[
            ("train.csv", Some(25_000)),
            ("test.csv", Some(25_000)),
            ("unlabeled.csv", Some(50_000)),
        ],
        files: &[RemoteFile {
            url: "https://s3.amazonaws.com/fast-ai-nlp/imdb.tgz",
            bytes: 144_440_600,
            check: Check::Md5OfFirstMiB("90f9b1c4ff43a90d67553c9240dc0249"),
        }],
        layout: Layout::Folders,
        terms: "not stated; published for research",
        reference: "Maas et al. 2011, Learning Word Vectors for Sentiment Analysis, ACL",
    },
    DataSet {
        name: "ag-news",
        title: "AG News",
        task: "news by topic",
        labels: &["World", "Sports", "Business", "Sci/Tech"],
        rows: &[("train.csv", Some(120_000)), ("test.csv", Some(7_600))],
        files: &[RemoteFile {
            url: "https://s3.amazonaws.com/fast-ai-nlp/ag_news_csv.tgz",
            bytes: 11_784_419,
            check: Check::Md5OfFirstMiB("b86f328f4dbd072486591cb7a5644dcd"),
        }],
        layout: Layout::Csv(&["title", "text"]),
        terms: "research and other non-commercial use",
        reference: ZHANG,
    },
    DataSet {
        name: "dbpedia",
        title: "DBpedia",
        task: "encyclopaedia articles by kind",
        labels: &[
            "Company",
            "EducationalInstitution",
            "Artist",
            "Athlete",
            "OfficeHolder",
            "MeanOfTransportation",
            "Building",
            "NaturalPlace",
            "Village",
            "Animal",
            "Plant",
            "Album",
            "Film",
            "WrittenWork",
        ],
        rows: &[("train.csv", Some(560_000)), ("test.csv", Some(70_000))],
        files: &[RemoteFile {
            url: "https://s3.amazonaws.com/fast-ai-nlp/dbpedia_csv.tgz",
            bytes: 68_341_743,
            check: Check::Md5OfFirstMiB("239c7837b9e79db34486f3de6a00e38e"),
        }],
        layout: Layout::Csv(&["title", "text"]),
        terms: "CC BY-SA 3.0",
        reference: ZHANG,
    },
    DataSet {
        name: "yelp-bi",
        title: "Yelp, two classes",
        task: "reviews, negative or positive",
        labels: &["negative", "positive"],
        rows: &[("train.csv", Some(560_000)), ("test.csv", Some(38_000))],
        files: &[RemoteFile {
            url: "https://s3.amazonaws.com/fast-ai-nlp/yelp_review_polarity_csv.tgz",
            bytes: 166_373_201,
            check: Check::Md5OfFirstMiB("48c8451c1ad30472334d856b5d294807"),
        }],
        layout: Layout::Csv(&["text"]),
        terms: YELP,
        reference: ZHANG,
    },
    DataSet {
        name: "yelp-full",
        title: "Yelp, five classes",
        task: "reviews by stars",
        labels: &["1", "2", "3", "4", "5"],
        rows: &[("train.csv", Some(650_000)), ("test.csv", Some(50_000))],
        files: &[RemoteFile {
            url: "https://s3.amazonaws.com/fast-ai-nlp/yelp_review_full_csv.tgz",
            bytes: 196_146_755,
            check: Check::Md5OfFirstMiB("1efd84215ea3e30d90e4c33764b889db"),
        }],
        layout: Layout::Csv(&["text"]),
        terms: YELP,
        reference: ZHANG,
    },
    DataSet {
        name: "wikitext-103",
        title: "WikiText-103",
        task: "text to pretrain on",
        labels: &[],
        rows: &[("train.csv", None), ("test.csv", None)],
        files: &[RemoteFile {
            url: "https://s3.amazonaws.com/fast-ai-nlp/wikitext-103.tgz",
            bytes: 190_200_704,
            check: Check::Md5OfFirstMiB("2dd8cf8693b3d27e9c8f0a7df054b2c7"),
        }],
        layout: Layout::Texts,
        terms: "CC BY-SA 3.0",
        reference: "Merity et al. 2016, Pointer Sentinel Mixture Models, arXiv 1609.07843",
    },
];

const ZHANG: &str = "Zhang, Zhao & LeCun 2015, Character-level Convolutional Networks for Text \
                     Classification, NIPS";
const YELP: &str = "Yelp's terms for its data set: academic use";

/// The data set of that name.
///
/// # Errors
/// [`PullError::Unknown`].
pub fn find(name: &str) -> Result<&'static DataSet, PullError> {
    CATALOGUE
        .iter()
        .find(|set| set.name == name)
        .ok_or_else(|| PullError::Unknown { name: name.to_owned() })
}
