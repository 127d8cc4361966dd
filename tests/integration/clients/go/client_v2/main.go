// influxdb-client-go writes, reads by InfluxQL, makes buckets and deletes. The argument is the
// server's port. A line "ok ..." or "FAILED ..." for each test.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	"github.com/influxdata/influxdb-client-go/v2/api/write"
	"github.com/influxdata/influxdb-client-go/v2/domain"
)

var server string
var start = time.Unix(1_715_000_000, 0)
var background = context.Background()

func expect(statement, wanted string) error {
	form := url.Values{"db": {"go"}, "q": {statement}, "epoch": {"ns"}}
	answer, err := http.PostForm(server+"/query", form)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var document struct {
		Results []struct{ Series []struct{ Values [][]any } }
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil {
		return err
	}
	found := "nothing"
	if series := document.Results[0].Series; len(series) != 0 {
		text, _ := json.Marshal(series[0].Values)
		found = string(text)
	}
	if found != wanted {
		return fmt.Errorf("%s: expected %s, found %s", statement, wanted, found)
	}
	return nil
}

func point(name string, i int) *write.Point {
	return influxdb2.NewPoint(name, map[string]string{"host": fmt.Sprintf("h %d", i%10)},
		map[string]any{"load": float64(i) / 2, "n": i, "up": i%2 == 0, "note": `a "b"`},
		start.Add(time.Duration(i)*time.Second))
}

func isHealthyAndReady(client influxdb2.Client) error {
	health, err := client.Health(background)
	if err != nil {
		return err
	}
	if health.Status != domain.HealthCheckStatusPass {
		return fmt.Errorf("status %s", health.Status)
	}
	if _, err := client.Ready(background); err != nil {
		return err
	}
	alive, err := client.Ping(background)
	if err == nil && !alive {
		err = errors.New("no ping")
	}
	return err
}

func makesABucket(client influxdb2.Client) error {
	organizations, err := client.OrganizationsAPI().GetOrganizations(background)
	if err != nil {
		return err
	}
	buckets := client.BucketsAPI()
	made, err := buckets.CreateBucketWithName(background, &(*organizations)[0], "go",
		domain.RetentionRule{EverySeconds: 0})
	if err != nil {
		return err
	}
	found, err := buckets.FindBucketByName(background, "go")
	if err != nil {
		return err
	}
	if *found.Id != *made.Id {
		return fmt.Errorf("made %s, found %s", *made.Id, *found.Id)
	}
	return nil
}

func writesAtOnce(client influxdb2.Client) error {
	var points []*write.Point
	for i := range 1000 {
		points = append(points, point("blocking", i))
	}
	if err := client.WriteAPIBlocking("o", "go").WritePoint(background, points...); err != nil {
		return err
	}
	return expect("SELECT count(load), sum(n) FROM blocking", "[[0,1000,499500]]")
}

func writesInBatches(client influxdb2.Client) error {
	api := client.WriteAPI("o", "go")
	failures := api.Errors()
	for i := range 5000 {
		api.WritePoint(point("batches", i))
	}
	api.Flush()
	select {
	case err := <-failures:
		return err
	default:
	}
	return expect("SELECT count(load), sum(n) FROM batches", "[[0,5000,12497500]]")
}

func hearsWhyPointsAreRefused(client influxdb2.Client) error {
	err := client.WriteAPIBlocking("o", "go").WriteRecord(background, "blocking load=\"text\" 1715000000000000000")
	var refusal *influxhttp.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != 422 || refusal.Code != "unprocessable entity" {
		return fmt.Errorf("%#v", err)
	}
	err = client.WriteAPIBlocking("o", "nowhere").WriteRecord(background, "m v=1")
	if !errors.As(err, &refusal) || refusal.StatusCode != 404 || refusal.Code != "not found" {
		return fmt.Errorf("%#v", err)
	}
	return nil
}

func deletesPoints(client influxdb2.Client) error {
	err := client.DeleteAPI().DeleteWithName(background, "o", "go", start, start.Add(time.Hour),
		`_measurement="blocking" AND host="h 3"`)
	if err != nil {
		return err
	}
	return expect("SELECT count(n) FROM blocking", "[[0,900]]")
}

func hearsThatThereIsNoFlux(client influxdb2.Client) error {
	_, err := client.QueryAPI("o").Query(background, `from(bucket:"go") |> range(start:0)`)
	var refusal *influxhttp.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != 501 {
		return fmt.Errorf("%#v", err)
	}
	return nil
}

func main() {
	server = "http://127.0.0.1:" + os.Args[1]
	options := influxdb2.DefaultOptions().SetUseGZip(true).SetLogLevel(0).SetBatchSize(700)
	client := influxdb2.NewClientWithOptions(server, "unused", options)
	defer client.Close()
	tests := []struct {
		name string
		run  func(influxdb2.Client) error
	}{
		{"is healthy and ready", isHealthyAndReady},
		{"makes a bucket", makesABucket},
		{"writes at once", writesAtOnce},
		{"writes in batches", writesInBatches},
		{"hears why points are refused", hearsWhyPointsAreRefused},
		{"deletes points", deletesPoints},
		{"hears that there is no Flux", hearsThatThereIsNoFlux},
	}
	failed := false
	for _, test := range tests {
		if err := test.run(client); err != nil {
			failed = true
			fmt.Printf("FAILED influxdb-client-go %s: %v\n", test.name, err)
		} else {
			fmt.Printf("ok influxdb-client-go %s\n", test.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}
