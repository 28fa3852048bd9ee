/** Serving the files of a directory. */
package dev.millrace.files;
