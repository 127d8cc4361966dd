// Telegraf's own outputs, influxdb and influxdb_v2, write to a server, and what they wrote is read
// back. The argument is the server's port. A line "ok ..." or "FAILED ..." for each test.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"time"

	"github.com/influxdata/telegraf"
	"github.com/influxdata/telegraf/config"
	"github.com/influxdata/telegraf/logger"
	"github.com/influxdata/telegraf/metric"
	"github.com/influxdata/telegraf/plugins/outputs"
	v1 "github.com/influxdata/telegraf/plugins/outputs/influxdb"
	v2 "github.com/influxdata/telegraf/plugins/outputs/influxdb_v2"
	"github.com/influxdata/telegraf/selfstat"
)

var server string
var start = time.Unix(1_715_000_000, 0)

// The values of a statement's only series, or none.
func ask(database, statement string) ([][]any, error) {
	form := url.Values{"db": {database}, "q": {statement}, "epoch": {"ns"}}
	answer, err := http.PostForm(server+"/query", form)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var document struct {
		Results []struct {
			Error  string
			Series []struct{ Values [][]any }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil {
		return nil, err
	}
	if document.Results[0].Error != "" {
		return nil, errors.New(document.Results[0].Error)
	}
	if len(document.Results[0].Series) == 0 {
		return nil, nil
	}
	return document.Results[0].Series[0].Values, nil
}

func expect(database, statement string, wanted string) error {
	values, err := ask(database, statement)
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	found, _ := json.Marshal(values)
	if string(found) != wanted {
		return fmt.Errorf("%s: expected %s, found %s", statement, wanted, found)
	}
	return nil
}

// As many metrics as an agent gathers in a while, with all types and what must be escaped.
func metrics(name string, count int) []telegraf.Metric {
	var all []telegraf.Metric
	for i := range count {
		tags := map[string]string{"host": fmt.Sprintf("h %d", i%10), "cpu": "cpu=0,1"}
		fields := map[string]any{"load": float64(i) / 2, "n": int64(i), "up": i%2 == 0, "note": "a \"b\"\nc\\d"}
		all = append(all, metric.New(name, tags, fields, start.Add(time.Duration(i)*time.Second)))
	}
	return all
}

func newV1(change func(*v1.InfluxDB)) (*v1.InfluxDB, error) {
	output := outputs.Outputs["influxdb"]().(*v1.InfluxDB)
	output.URLs = []string{server}
	output.Database = "telegraf"
	output.Log = logger.New("outputs", "influxdb", "")
	output.Statistics = selfstat.NewCollector(nil)
	change(output)
	if err := output.Init(); err != nil {
		return nil, err
	}
	return output, output.Connect()
}

func newV2(change func(*v2.InfluxDB)) (*v2.InfluxDB, error) {
	output := outputs.Outputs["influxdb_v2"]().(*v2.InfluxDB)
	output.URLs = []string{server}
	output.Organization = "o"
	output.Bucket = "telegraf"
	output.Token = config.NewSecret([]byte("unused"))
	output.Log = logger.New("outputs", "influxdb_v2", "")
	change(output)
	if err := output.Init(); err != nil {
		return nil, err
	}
	return output, output.Connect()
}

func v1MakesItsDatabaseAndWrites() error {
	output, err := newV1(func(*v1.InfluxDB) {})
	if err != nil {
		return err
	}
	defer output.Close()
	if err := output.Write(metrics("cpu", 5000)); err != nil {
		return err
	}
	if err := expect("telegraf", "SELECT count(load), sum(n) FROM cpu", "[[0,5000,12497500]]"); err != nil {
		return err
	}
	return expect("telegraf", "SELECT load, note, up FROM cpu WHERE host = 'h 3' AND cpu = 'cpu=0,1' LIMIT 1",
		`[[1715000003000000000,1.5,"a \"b\"\nc\\d",false]]`)
}

func v1WritesWithoutGzipAndWithUnsignedIntegers() error {
	output, err := newV1(func(o *v1.InfluxDB) {
		o.ContentEncoding = "identity"
		o.InfluxUintSupport = true
	})
	if err != nil {
		return err
	}
	defer output.Close()
	fields := map[string]any{"bytes": uint64(1<<63 + 5)}
	if err := output.Write([]telegraf.Metric{metric.New("net", nil, fields, start)}); err != nil {
		return err
	}
	values, err := ask("telegraf", "SELECT bytes FROM net")
	if err != nil || len(values) != 1 {
		return fmt.Errorf("%v %v", values, err)
	}
	return nil
}

func v1MakesDatabasesByTag() error {
	output, err := newV1(func(o *v1.InfluxDB) {
		o.DatabaseTag = "host"
		o.ExcludeDatabaseTag = true
	})
	if err != nil {
		return err
	}
	defer output.Close()
	if err := output.Write(metrics("tagged", 20)); err != nil {
		return err
	}
	return expect("h 7", "SELECT count(n) FROM tagged", "[[0,2]]")
}

func v1MakesADroppedDatabaseAnew() error {
	output, err := newV1(func(o *v1.InfluxDB) { o.Database = "dropped" })
	if err != nil {
		return err
	}
	defer output.Close()
	if _, err := ask("", "DROP DATABASE dropped"); err != nil {
		return err
	}
	if err := output.Write(metrics("cpu", 1)); err == nil || err.Error() != "database created; retry write" {
		return fmt.Errorf("the first write: %v", err)
	}
	if err := output.Write(metrics("cpu", 1)); err != nil {
		return err
	}
	return expect("dropped", "SELECT count(n) FROM cpu", "[[0,1]]")
}

func v1DropsWhatTheServerWillNeverTake() error {
	output, err := newV1(func(*v1.InfluxDB) {})
	if err != nil {
		return err
	}
	defer output.Close()
	mixed := []telegraf.Metric{
		metric.New("cpu", nil, map[string]any{"load": "text"}, start),
		metric.New("cpu", nil, map[string]any{"load": 7.5}, start.Add(time.Hour*24*365)),
	}
	if err := output.Write(mixed); err != nil {
		return fmt.Errorf("it would send them again: %w", err)
	}
	return expect("telegraf", "SELECT load FROM cpu WHERE load = 7.5 AND host = ''", "[[1746536000000000000,7.5]]")
}

func v2WritesToABucket() error {
	output, err := newV2(func(*v2.InfluxDB) {})
	if err != nil {
		return err
	}
	defer output.Close()
	if err := output.Write(metrics("v2", 5000)); err != nil {
		return err
	}
	return expect("telegraf", "SELECT count(load), sum(n) FROM v2", "[[0,5000,12497500]]")
}

func v2WritesBatchesAtTheSameTimeToBucketsByTag() error {
	for i := range 10 {
		if _, err := ask("", fmt.Sprintf(`CREATE DATABASE "h %d"`, i)); err != nil {
			return err
		}
	}
	output, err := newV2(func(o *v2.InfluxDB) {
		o.BucketTag = "host"
		o.ConcurrentWrites = 4
		o.ContentEncoding = "identity"
	})
	if err != nil {
		return err
	}
	defer output.Close()
	if err := output.Write(metrics("many", 1000)); err != nil {
		return err
	}
	for i := range 10 {
		if err := expect(fmt.Sprintf("h %d", i), "SELECT count(n) FROM many", "[[0,100]]"); err != nil {
			return err
		}
	}
	return nil
}

func v2RejectsWhatTheServerWillNeverTake() error {
	output, err := newV2(func(*v2.InfluxDB) {})
	if err != nil {
		return err
	}
	defer output.Close()
	mixed := append(metrics("v2", 2), metric.New("v2", nil, map[string]any{"load": "text"}, start))
	// An internal.PartialWriteError, which only Telegraf itself may name.
	err = output.Write(mixed)
	if err == nil {
		return errors.New("it was taken")
	}
	rejected := reflect.Indirect(reflect.ValueOf(err)).FieldByName("MetricsReject")
	if !rejected.IsValid() || rejected.Len() != len(mixed) {
		return fmt.Errorf("it would send them again: %w", err)
	}
	return nil
}

func v2SaysThatABucketIsNotThere() error {
	output, err := newV2(func(o *v2.InfluxDB) { o.Bucket = "nowhere" })
	if err != nil {
		return err
	}
	defer output.Close()
	if err := output.Write(metrics("cpu", 1)); err == nil {
		return errors.New("it was taken")
	}
	return nil
}

func main() {
	server = "http://127.0.0.1:" + os.Args[1]
	tests := []struct {
		name string
		run  func() error
	}{
		{"v1 makes its database and writes", v1MakesItsDatabaseAndWrites},
		{"v1 writes without gzip and with unsigned integers", v1WritesWithoutGzipAndWithUnsignedIntegers},
		{"v1 makes databases by tag", v1MakesDatabasesByTag},
		{"v1 makes a dropped database anew", v1MakesADroppedDatabaseAnew},
		{"v1 drops what the server will never take", v1DropsWhatTheServerWillNeverTake},
		{"v2 writes to a bucket", v2WritesToABucket},
		{"v2 writes batches at the same time to buckets by tag", v2WritesBatchesAtTheSameTimeToBucketsByTag},
		{"v2 rejects what the server will never take", v2RejectsWhatTheServerWillNeverTake},
		{"v2 says that a bucket is not there", v2SaysThatABucketIsNotThere},
	}
	failed := false
	for _, test := range tests {
		if err := test.run(); err != nil {
			failed = true
			fmt.Printf("FAILED telegraf %s: %v\n", test.name, err)
		} else {
			fmt.Printf("ok telegraf %s\n", test.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}
